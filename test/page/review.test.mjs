// 审签台 in a real browser: a clerk's proposal signed by keys alone, the author refused in a sentence, a
// citizen's receipt that becomes an answer, two at once, and nothing an assistive tool trips over.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ask, axe, closed, signIn, startSite, GUARDIAN, HEAD, WIDE } from './site.mjs'

const SENSITIVE = '80岁老人高龄津贴能批吗'
let site

before(async () => { site = await startSite() })
after(() => site.stop())


describe('the review desk', () => {
  it('an_answer_that_waits_is_signed_by_one_key_and_reaches_its_asker', async () => {
    const citizen = await site.device()
    await ask(citizen, SENSITIVE)
    assert.equal(await citizen.locator('.sentence .cite').count(), 0, 'nothing unsigned is shown')
    await citizen.getByText('回答正在等工作人员签发').waitFor()
    assert.ok(await citizen.locator('.evidence .clause').count() >= 1, 'the clauses are there at once')

    const page = await site.device(WIDE)
    await signIn(site, page, GUARDIAN, '#/review')
    await page.waitForSelector('.draft .sentence')
    assert.match(await page.locator('#draft-title').textContent(), new RegExp(SENSITIVE))
    assert.ok(await page.locator('.beside blockquote').count() >= 1, 'evidence lies beside')
    await page.keyboard.press('Enter')
    await page.getByText('签发了').first().waitFor()
    await page.waitForSelector('.review .empty')
    await closed(page)

    await citizen.getByRole('link', { name: /^我的/ }).click()
    await citizen.waitForSelector('.mine .reply')
    assert.match(await citizen.locator('.mine .reply').first().textContent(), /高龄津贴/)
    await closed(citizen)
  })

  it('its_author_is_told_why_not_and_somebody_else_returns_it_with_a_reason', async () => {
    const author = await site.device(WIDE)
    await signIn(site, author, GUARDIAN, '#/standards')
    await author.getByRole('button', { name: '写一条' }).click()
    await author.getByLabel('怎么问').fill('河边能不能钓鱼')
    await author.getByLabel('回答', { exact: true }).fill('禁渔期不能。')
    await author.getByRole('button', { name: '存好' }).click()
    await author.locator('.standards li', { hasText: '河边能不能钓鱼' }).waitFor()
    await author.goto(site.url + '/staff.html#/review')
    await author.getByText('稿件是您自己写的').waitFor()
    assert.equal(await author.getByRole('button', { name: '签发', exact: true }).count(), 0)
    await closed(author)

    const head = await site.device(WIDE)
    await signIn(site, head, HEAD, '#/review')
    await head.waitForSelector('.draft .sentence')
    assert.deepEqual(await axe(head, false), [])
    await head.locator('h1').click()
    await head.keyboard.press('r')
    await head.getByLabel(/为什么退回/).fill('没有写依据')
    await head.getByRole('button', { name: '退回', exact: true }).last().click()
    await head.getByText('退回了').first().waitFor()
    await head.getByRole('button', { name: '退回的' }).click()
    await head.getByText('没有写依据').waitFor()
    await closed(head)
  })
})
