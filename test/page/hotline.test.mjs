// 诉求 and 热线 in a real browser: a citizen's form that asks only for what is missing, a seat that works by keys,
// 360 px, elder mode, and nothing an assistive tool trips over.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ask, axe, closed, signIn, startSite, NOT_FOUND, PHONE, WIDE } from './site.mjs'

const SEAT = 'gu.min', DEPARTMENT = 'tang.jianye', SIGNER = 'xu.wenbo'
let site
before(async () => { site = await startSite() })
after(() => site.stop())

/** An order by the form, as a citizen fills it. */
async function order(page, text = '青溪路的路灯坏了三天，晚上很黑，希望尽快修好') {
  await page.goto(site.url + '/#/order')
  await page.getByLabel(/发生了什么事/).fill(text)
  await page.getByRole('button', { name: '下一步' }).click()
  await page.getByText('还差 1 项').waitFor()
  assert.notEqual(await page.locator('#order-place').inputValue(), '', 'the place was read out of the words')
  await page.locator('#order-phone').fill('13800138000')
  await page.getByRole('button', { name: '下一步' }).click()
  await page.getByRole('heading', { name: '请看一遍，对就提交' }).waitFor()
  assert.match(await page.locator('.sheet').textContent(), /希望尽快修好/)
  await page.getByRole('button', { name: '对，提交' }).click()
  await page.getByRole('heading', { name: '收到了' }).waitFor()
  return /W\d{8}-\d{5}/.exec(await page.locator('.order .card').textContent())[0]
}

describe('诉求', () => {
  it('a_form_asks_only_for_what_is_missing_shows_all_and_gives_a_receipt_on_a_phone', async () => {
    const page = await site.device(PHONE)
    const receipt = await order(page)
    assert.deepEqual(await axe(page, true), [])
    await page.getByRole('link', { name: '去“我的”看进展' }).click()
    await page.locator('.orders .card', { hasText: receipt }).waitFor()
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'no sideways scrolling')
    assert.deepEqual(await axe(page, true), [])
    await page.getByRole('button', { name: '催一下' }).click()
    await page.getByText('已经催办').waitFor()
    await closed(page)

    const other = await site.device()
    await other.goto(site.url + '/#/mine')
    await other.getByLabel('诉求编号').fill(receipt)
    await other.getByLabel('登记的电话').fill('13800138001')
    await other.getByRole('button', { name: '查诉求' }).click()
    await other.getByText('没有找到这张工单，请核对编号和登记的电话').waitFor()
    await other.getByLabel('登记的电话').fill('13800138000')
    await other.getByRole('button', { name: '查诉求' }).click()
    await other.locator('.orders .card', { hasText: receipt }).waitFor()
    await closed(other)
  })

  it('what_was_said_in_a_talk_becomes_the_form_and_a_reload_loses_nothing', async () => {
    const page = await site.device()
    await ask(page, NOT_FOUND)
    await page.getByRole('button', { name: '转为诉求' }).first().click()
    const words = page.getByLabel(/发生了什么事/)
    await words.waitFor()
    assert.match(await words.inputValue(), /孔明灯/)
    await words.fill('市民广场有人放孔明灯，很危险')
    await page.reload()
    await words.waitFor()
    assert.equal(await words.inputValue(), '市民广场有人放孔明灯，很危险')
    await page.getByRole('button', { name: '大字' }).click()
    assert.deepEqual(await axe(page, true), [])
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth))
    await closed(page)
  })
})

describe('热线', () => {
  it('a_seat_dispatches_by_keys_takes_back_and_the_department_answers', async () => {
    const citizen = await site.device()
    const receipt = await order(citizen, '文锦花园的电梯坏了一周没有人修，希望尽快修好')
    const seat = await site.device(WIDE)
    await signIn(site, seat, SEAT, '#/orders?state=intake')
    await seat.locator('.queue button', { hasText: '文锦花园的电梯' }).click()
    await seat.locator('#order-title', { hasText: '文锦花园的电梯' }).waitFor()
    assert.match(await seat.locator('.order-view').textContent(), /13800138000/)
    assert.deepEqual(await axe(seat, false), [])
    await seat.getByLabel(/^派给/).selectOption('zhujian')
    await seat.getByLabel(/^紧急程度/).selectOption('1')
    await seat.locator('#order-title').click()
    await seat.keyboard.press('Enter')
    await seat.getByText('派出了 1 张').waitFor()
    await seat.getByRole('button', { name: '撤回' }).first().click()
    await seat.getByText('撤回了 1 张').waitFor()
    await seat.locator('.queue button', { hasText: '文锦花园的电梯' }).click()
    await seat.locator('#order-title', { hasText: '文锦花园的电梯' }).waitFor()
    await seat.getByLabel(/^派给/).selectOption('zhujian')
    await seat.getByRole('button', { name: '采纳并派单' }).click()
    await seat.getByText('派出了 1 张').waitFor()
    await seat.getByRole('button', { name: '看板' }).click()
    await seat.getByRole('table').waitFor()
    assert.deepEqual(await axe(seat, false), [])
    await closed(seat)

    const clerk = await site.device(WIDE)
    await signIn(site, clerk, DEPARTMENT, '#/orders')
    await clerk.locator('#order-title', { hasText: '文锦花园的电梯' }).waitFor()
    await clerk.keyboard.press('Enter')
    await clerk.getByText('签收了').waitFor()
    await clerk.keyboard.press('Enter')
    await clerk.getByText('开始办理了').waitFor()
    await clerk.getByLabel('答复', { exact: true }).fill('电梯已于今日修复，感谢您的反映。')
    await clerk.getByRole('button', { name: '送去签发' }).click()
    await clerk.getByText('答复送去签发了').waitFor()
    await closed(clerk)

    const signer = await site.device(WIDE)
    await signIn(site, signer, SIGNER, '#/review')
    await signer.waitForSelector('.draft .sentence')
    assert.match(await signer.locator('.draft').textContent(), /电梯坏了一周/)
    await signer.locator('h1').click()
    await signer.keyboard.press('Enter')
    await signer.getByText('签发了').first().waitFor()
    await closed(signer)

    await citizen.goto(site.url + '/#/mine')
    const card = citizen.locator('.orders .card', { hasText: receipt })
    await card.getByText('电梯已于今日修复').waitFor()
    await card.getByRole('button', { name: '评价' }).click()
    await card.getByLabel('满意', { exact: true }).check()
    await card.getByRole('button', { name: '提交评价' }).click()
    await card.getByText('已回访').first().waitFor()
    await closed(citizen)
  })

  it('a_narrow_screen_has_the_queue_above_the_order', async () => {
    const page = await site.device(PHONE)
    await signIn(site, page, SEAT, '#/orders?state=all')
    await page.waitForSelector('.queue button')
    await page.locator('.queue button').first().click()
    await page.waitForSelector('#order-title')
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth))
    assert.deepEqual(await axe(page, false), [])
    await closed(page)
  })
})
