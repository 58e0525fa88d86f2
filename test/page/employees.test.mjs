// What the page gives those who answer for a machine: who guards whom, a change with its reason and its way back, the switch.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { employ } from '../server/employ.mjs'
import { ask, axe, closed, signIn, startSite, textOf, CLERK, COLLEAGUE, FOUND, GUARDIAN, HEAD, OFFICER, PHONE, WIDE } from './site.mjs'

let site

before(async () => { site = await startSite() })
after(async () => { await site?.stop() })

const card = (page, name) => page.locator('.crew li', { hasText: name })
const fits = (page) => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)

describe('digital employees', () => {
  it('a_clerk_sees_who_guards_whom_and_can_change_nothing', async () => {
    const page = await site.device(PHONE)
    await signIn(site, page, CLERK, '#/employees')
    await card(page, '民政问答员').waitFor()
    assert.equal(await page.locator('.crew li').count(), 10)
    assert.match(await card(page, '民政问答员').textContent(), /周志远.*代理 邓少华/)
    assert.ok(await fits(page), 'nothing scrolls sideways at 360 px')
    assert.deepEqual(await axe(page, false), [])
    await card(page, '民政问答员').getByRole('link').click()
    await page.getByRole('heading', { name: '岗位' }).waitFor()
    assert.equal(await page.getByRole('button', { name: '改', exact: true }).count(), 0)
    assert.equal(await page.getByRole('button', { name: '停用' }).count(), 0)
    assert.ok(await fits(page))
    await closed(page)
  })

  it('a_change_asks_why_and_can_be_taken_back_with_the_keyboard_alone', async () => {
    const page = await site.device(WIDE)
    await signIn(site, page, GUARDIAN, '#/employees/one/minzheng-wenda')
    await page.getByRole('button', { name: '改', exact: true }).focus()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('代理监护人').selectOption('')
    await dialog.getByLabel('为什么改').fill('代理调走了')
    assert.deepEqual(await axe(page, false), [])
    await dialog.getByRole('button', { name: '改好' }).focus()
    await page.keyboard.press('Enter')
    await page.getByText('代理监护人：deng.shaohua → 空').waitFor()
    await page.getByRole('button', { name: '撤销' }).first().click()
    await page.getByRole('dialog').getByRole('textbox').fill('改错了')
    await page.getByRole('dialog').getByRole('button', { name: '撤销' }).click()
    await page.getByText('代理监护人：空 → deng.shaohua').waitFor()
    await page.reload() // what passes over the page and fades is not looked at
    await page.getByText('代理监护人：空 → deng.shaohua').waitFor()
    assert.deepEqual(await axe(page, false), [])
    await closed(page)
  })

  it('switched_off_it_says_nothing_to_a_citizen_but_the_clauses_and_a_person_stay', async () => {
    const officer = await site.device(WIDE)
    await signIn(site, officer, OFFICER, '#/employees/one/minzheng-wenda')
    await officer.getByRole('button', { name: '停用' }).click()
    await officer.getByRole('dialog').getByRole('textbox').fill('发现异常')
    await officer.getByRole('dialog').getByRole('button', { name: '停用' }).click()
    await officer.getByText('停用原因：发现异常').waitFor()
    await closed(officer)

    const citizen = await site.device(PHONE)
    await ask(citizen, `请问${FOUND}是怎么规定的，想详细了解一下`)
    const turn = await citizen.locator('.turn').last().textContent()
    if (/标准回答/.test(turn)) await ask(citizen, '年满90周岁的老年人高龄津贴发放标准每人每月多少元')
    await citizen.getByText('智能回答已暂停').last().waitFor()
    await citizen.locator('.receipt-card').last().waitFor()
    assert.ok(await citizen.locator('.turn').last().getByText(/第.条/).count() >= 1, 'the clauses are there')
    assert.deepEqual(await axe(citizen), [])
    await closed(citizen)
  })

  it('two_people_sign_a_step_outwards', async () => {
    employ(site.server, 'huiqi-pipei', { tried: 40, judged: 30, refused: 6 })
    const guardian = await site.device(WIDE)
    await signIn(site, guardian, 'deng.shaohua', '#/employees/one/huiqi-pipei')
    await guardian.getByRole('button', { name: '申请往前走一步' }).click()
    await guardian.getByRole('dialog').getByRole('textbox').fill('试用达到要求')
    await guardian.getByRole('dialog').getByRole('button', { name: '申请往前走一步' }).click()
    await guardian.getByText('试用 → 内部使用（等签字）').waitFor()
    assert.equal(await guardian.getByRole('button', { name: '签字' }).count(), 0, 'nobody signs twice')
    await closed(guardian)
    const head = await site.device(PHONE)
    await signIn(site, head, HEAD, '#/employees/one/huiqi-pipei')
    await head.getByRole('button', { name: '签字' }).click()
    await head.getByText('试用 → 内部使用（已完成）').waitFor()
    assert.deepEqual((await textOf(head, '.history b'))[0], '试用 → 内部使用（已完成）')
    assert.ok(await fits(head))
    await closed(head)
  })

  it('a_correction_reaches_the_asker_and_shows_what_else_it_contradicts', async () => {
    const QUESTION = '失业保险金领取期限最长不超过几个月'
    const citizen = await site.device(PHONE)
    await ask(citizen, QUESTION)
    const other = await site.device(PHONE)
    await ask(other, '失业保险金最长可以领取多少个月')
    await closed(other)
    const guardian = await site.device(WIDE)
    await signIn(site, guardian, 'qin.yuzhen', '#/employees/one/renshe-wenda')
    const said = guardian.locator('.said', { hasText: QUESTION })
    await said.getByRole('button', { name: '纠正' }).click()
    const dialog = guardian.getByRole('dialog')
    await dialog.getByLabel('正确的内容').fill('最长不超过18个月，以经办窗口核定为准。')
    assert.deepEqual(await axe(guardian, false), [])
    await dialog.getByRole('button', { name: '纠正', exact: true }).click()
    await dialog.getByText('提问的人已经能看到更正').waitFor()
    await dialog.getByRole('button', { name: '好了' }).click()
    await guardian.getByText('改正过 1 条').waitFor()
    await closed(guardian)

    await citizen.getByRole('link', { name: /^我的/ }).click()
    await citizen.getByText(QUESTION).first().click()
    await citizen.getByText('工作人员更正').waitFor()
    assert.ok(await fits(citizen))
    assert.deepEqual(await axe(citizen), [])
    await closed(citizen)
  })
})

describe('alerts and incidents', () => {
  it('the_officer_takes_an_incident_step_by_step_to_its_review_at_360_px_too', async () => {
    const clerk = await site.server.staff(COLLEAGUE)
    for (let i = 0; i < 22; i++) await clerk.get('/api/users')
    const page = await site.device(PHONE)
    await signIn(site, page, OFFICER, '#/incidents?state=active')
    await page.getByRole('button', { name: '现在算一次' }).click()
    const card = page.locator('.crew li', { hasText: '短时间内多次被拒绝访问' })
    await card.waitFor()
    assert.ok(await fits(page))
    await card.getByRole('link').click()
    await page.getByRole('button', { name: '我来接手' }).click()
    await page.getByRole('button', { name: '第 1 步做完了' }).click()
    await page.getByText('沈若兰').first().waitFor()
    for (const [deed, words] of [['处置完', '本人误点，已提醒'], ['复盘', '菜单里不该看得到这一页']]) {
      await page.getByRole('button', { name: deed, exact: true }).first().click()
      await page.getByRole('dialog').getByRole('textbox').fill(words)
      await page.getByRole('dialog').locator('button[type=submit]').click()
      await page.getByText(words).first().waitFor()
    }
    await page.getByRole('heading', { name: '复盘', exact: true }).waitFor()
    await page.reload()
    await page.getByRole('heading', { name: '时间线' }).waitFor()
    assert.ok(await fits(page))
    assert.deepEqual(await axe(page, false), [])
    await closed(page)
  })
})
