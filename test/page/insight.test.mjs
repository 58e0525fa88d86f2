// 热点, 民情报告 and 相似工单 in a real browser, on the sample city's three months of messages.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { messagedCity } from '../server/lib.mjs'
import { axe, closed, PHONE, signIn, startSite, WIDE } from './site.mjs'

const SEAT = 'gu.min', OTHER = 'tang.jianye'
let site
before(async () => { site = await startSite({ data: messagedCity() }) })
after(() => site.stop())

describe('热点和报告', () => {
  it('the_seat_sees_what_heats_up_where_and_why_and_opens_its_orders', async () => {
    const page = await site.device(WIDE)
    await signIn(site, page, SEAT, '#/orders')
    await page.getByRole('button', { name: '热点', exact: true }).click()
    await page.locator('#issue-name', { hasText: '暖' }).waitFor()
    assert.match(await page.locator('.issue > p').first().textContent(), /\d+ 人反映 \d+ 件/)
    assert.ok(await page.locator('.city-map .spot').count() >= 3)
    assert.match(await page.locator('.city-map').getAttribute('aria-label'), /河东花园 \d+ 件/)
    await page.locator('.chart canvas').waitFor()
    assert.deepEqual(await axe(page, false), [])
    await page.locator('.hot-desk .queue button').nth(1).click()
    await page.locator('.hot-desk .queue button[aria-current]', { hasText: '2.' }).waitFor()
    await page.getByText(/^工单（/).click()
    const receipt = await page.locator('.members a').first().textContent()
    await page.locator('.members a').first().click()
    await page.locator('.order-view', { hasText: receipt }).waitFor()
    await closed(page)
  })

  it('beside_an_order_stand_others_about_its_matter', async () => {
    const page = await site.device(WIDE)
    await signIn(site, page, SEAT, '#/orders?state=all&q=暖气片冰凉')
    await page.locator('.alike summary', { hasText: '相同或同一事项' }).waitFor()
    assert.ok(await page.locator('.alike li').count() >= 3)
    assert.deepEqual(await axe(page, false), [])
    await closed(page)
  })

  it('the_report_shows_figures_their_queries_and_goes_out_as_a_file', async () => {
    const page = await site.device(WIDE)
    await signIn(site, page, SEAT, '#/orders?tab=report&kind=week')
    await page.locator('#report-title', { hasText: '民情周报' }).waitFor()
    assert.match(await page.locator('.report').textContent(), /热线受理诉求 \d+ 件/)
    await page.locator('.chart canvas').waitFor()
    await page.getByText('数字怎么来的').click()
    await page.locator('.queries code', { hasText: 'SELECT COUNT(*) FROM work_order' }).first().waitFor()
    assert.deepEqual(await axe(page, false), [])
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: '存成 DOCX' }).click()])
    assert.match(file.suggestedFilename(), /^minqing-week-\d{4}-\d\d-\d\d\.docx$/)
    await closed(page)
  })

  it('another_department_reads_it_on_a_phone_without_others_orders', async () => {
    const page = await site.device(PHONE)
    await signIn(site, page, OTHER, '#/orders?tab=hot')
    await page.locator('#issue-name', { hasText: '暖' }).waitFor()
    assert.equal(await page.getByText(/^工单（/).count(), 0)
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'no sideways scrolling')
    await closed(page)
  })
})
