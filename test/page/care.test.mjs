// What a citizen counts on without being told: nothing lost, nothing shown that is not whole, a way on.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ask, closed, startSite, textOf, FOUND, NOT_FOUND, PHONE } from './site.mjs'

let site

before(async () => { site = await startSite() })
after(async () => { await site?.stop() })

const receiptOf = async (page) => /Q\d{8}-\d{5}/.exec(await page.locator('.trust').last().textContent())[0]

describe('an engine that fails', () => {
  const ways = [
    ['dies_before_a_word', { kind: 'reset', after: 0 }], ['dies_in_a_sentence', { kind: 'reset', after: 6 }],
    ['ends_without_a_word', { kind: 'empty' }], ['answers_with_an_error', { kind: 'status', status: 500 }],
  ]
  for (const [name, behaviour] of ways) {
    it(name + '_and_the_clauses_stay_with_one_clear_sentence_and_a_way_on', async () => {
      const page = await site.device(PHONE)
      site.engine.next(behaviour, behaviour, behaviour)
      await ask(page, FOUND, '.turn:not(.running)')
      assert.ok(await page.locator('.evidence .clause').count() >= 1, 'the clauses')
      const said = await page.locator('.answer').textContent()
      assert.doesNotMatch(said, /undefined|null|Error|\b500\b|未知错误/)
      assert.match(said, /[\u4e00-\u9fff]{8,}/)
      const ways = page.getByRole('button', { name: /再试一次|找人工/ })
      assert.ok(await ways.count() >= 1)
      site.engine.queue.length = 0
      await closed(page)
    })
  }

  it('a_cut_wire_offers_another_try_in_sight_on_a_phone_and_the_second_answer_is_whole', async () => {
    const page = await site.device(PHONE)
    site.engine.next({ kind: 'stall', after: 40 })
    await ask(page, FOUND, '.sentence')
    site.wire.cut()
    await page.waitForSelector('.turn.broken .problem')
    await page.waitForFunction(() => {
      const p = document.querySelector('.problem').getBoundingClientRect(), dock = document.querySelector('.composer .box').getBoundingClientRect()
      return p.top > 60 && p.bottom <= dock.top + 8
    })
    assert.ok(await page.locator('.evidence .clause').count() >= 1)
    await page.getByRole('button', { name: '再试一次' }).click()
    await page.waitForSelector('.turn.whole .trust')
    await closed(page)
  })
})

describe('what was asked', () => {
  it('stays_on_this_device_after_a_reload_is_seen_by_no_other_device_and_can_be_deleted', async () => {
    const page = await site.device()
    await ask(page, FOUND)
    const receipt = await receiptOf(page)
    await page.reload()
    await page.getByRole('link', { name: /^我的/ }).click()
    await page.locator('.past').getByText(FOUND).waitFor()
    await page.locator('.past a').first().click()
    await page.waitForSelector('.page .trust')
    assert.equal(await receiptOf(page), receipt)

    const other = await site.device()
    await other.goto(site.url + '/#/mine')
    await other.getByText('还没有。问过的话会留在这台设备上。').waitFor()
    await other.goto(site.url + '/#/exchange/' + receipt)
    await other.locator('.problem').waitFor()
    assert.equal(await other.getByText(FOUND).count(), 0, 'a receipt number alone opens nothing')
    await closed(other)

    await page.goto(site.url + '/#/mine')
    await page.getByRole('button', { name: '删掉这台设备上的记录' }).click()
    await page.getByRole('button', { name: '留着' }).click()
    assert.ok(await page.locator('.past li').count() >= 1, 'asked first')
    await page.getByRole('button', { name: '删掉这台设备上的记录' }).click()
    await page.getByRole('button', { name: '删掉', exact: true }).click()
    await page.getByText('还没有。问过的话会留在这台设备上。').waitFor()
    await page.reload()
    await page.getByText('还没有。问过的话会留在这台设备上。').waitFor()
    assert.equal(await page.getByRole('button', { name: /删掉/ }).count(), 0, 'nothing is left to delete')
    assert.equal(await page.evaluate(() => JSON.stringify(localStorage)).then((s) => s.includes('80岁老人高龄津贴标准')), false)
    await closed(page)
  })

  it('a_no_is_kept_at_once_and_the_reason_form_waits_in_sight_without_covering_anything', async () => {
    const page = await site.device(PHONE)
    await ask(page, FOUND)
    await page.getByRole('button', { name: '没用' }).click()
    await page.getByText('谢谢，记下了').waitFor()
    const receipt = await receiptOf(page)
    const kept = await page.evaluate(async (r) => (await (await fetch('/api/exchanges/' + r)).json()).feedback, receipt)
    assert.equal(kept.useful, false)
    await page.getByLabel('看不懂').check()
    assert.equal(await page.locator('.notice p').count(), 0)
    await page.getByRole('button', { name: '告诉我们' }).click()
    await page.getByText('谢谢，记下了。我们会改。').waitFor()
    await page.getByRole('button', { name: '有用' }).click() // a change of mind
    await page.waitForFunction(() => document.querySelector('.feedback [aria-pressed=true]')?.textContent.includes('有用'))
    await closed(page)
  })

  it('the_beginning_of_the_answer_is_on_the_first_screen_of_a_phone_in_elder_mode_too', async () => {
    for (const elder of [false, true]) {
      const page = await site.device(PHONE)
      if (elder) await page.getByRole('button', { name: '大字' }).click()
      for (const question of [FOUND, NOT_FOUND]) {
        await ask(page, question)
        await page.evaluate(() => document.activeElement.blur())
        const room = await page.evaluate(() => {
          const turn = [...document.querySelectorAll('.turn')].pop()
          turn.scrollIntoView({ block: 'start', behavior: 'instant' })
          return document.querySelector('.composer .box').getBoundingClientRect().top - turn.querySelector('.sentence').getBoundingClientRect().top
        })
        assert.ok(room >= 24, `${room} px of the answer of “${question}”, elder: ${elder}`)
      }
      await closed(page)
    }
  })
})

describe('elder mode', () => {
  it('reads_the_answer_aloud_and_stops_when_asked', async () => {
    const page = await site.device(PHONE)
    await page.getByRole('button', { name: '大字' }).click()
    await page.evaluate(() => {
      window.__spoken = []
      window.__hushed = 0
      window.SpeechSynthesisUtterance = function (text) { this.text = text }
      speechSynthesis.getVoices = () => [{ lang: 'zh-CN', name: '普通话' }]
      speechSynthesis.speak = (u) => window.__spoken.push(u) // goes on until it is told
      speechSynthesis.cancel = () => { window.__hushed++; for (const u of window.__spoken) u.onend?.() }
    })
    await ask(page, FOUND)
    const read = page.locator('.trust').getByRole('button', { name: '读给我听' })
    await read.click()
    await page.waitForFunction(() => window.__spoken.length > 0)
    const spoken = await page.evaluate(() => window.__spoken.map((u) => u.text))
    const shown = (await textOf(page, '.sentence')).map((t) => t.replace(/\s*\d+(\s*\d+)*$/, '').trim())
    assert.deepEqual(spoken, shown, 'the sentences, without the numbers of their clauses')
    assert.equal(await page.evaluate(() => window.__spoken[0].lang), 'zh-CN')
    const stop = page.locator('.trust').getByRole('button', { name: '停下朗读' })
    assert.equal(await stop.getAttribute('aria-pressed'), 'true')
    await stop.click()
    await read.waitFor()
    assert.ok(await page.evaluate(() => window.__hushed) >= 1)
    await read.click()
    await page.waitForFunction((n) => window.__spoken.length === 2 * n, shown.length)
    await closed(page)
  })
})

describe('keys and copies', () => {
  it('question_citation_source_whole_document_and_back_by_keyboard_alone', async () => {
    const page = await site.device()
    const until = async (key, what) => {
      for (let i = 0; i < 80; i++) {
        if (await page.evaluate((s) => document.activeElement?.matches(s), what)) return
        await page.keyboard.press(key)
      }
      assert.fail('no way to ' + what)
    }
    await page.keyboard.press('/')
    await page.keyboard.type(FOUND)
    await page.keyboard.press('Enter')
    await page.waitForSelector('.trust')
    await until('Shift+Tab', '.cite')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.source mark')
    await until('Tab', '.source footer a')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.document .paper mark')
    assert.equal(await page.locator('.source').count(), 0)
    await page.goBack()
    await page.waitForSelector('.ask .trust')
    assert.equal(await page.evaluate(() => document.activeElement.closest('main') !== null), true, 'the focus is on the page, not lost')
    await closed(page)
  })

  it('the_way_back_brings_the_search_back_as_it_was_and_closes_what_lay_over_the_page', async () => {
    const page = await site.device()
    await page.goto(site.url + '/#/files')
    await page.getByLabel('找文件或条款').fill('失业')
    await page.getByRole('button', { name: '找', exact: true }).click()
    await page.getByRole('heading', { name: /最接近的条款/ }).waitFor()
    await page.locator('a.card').first().click()
    await page.waitForSelector('.paper')
    await page.goBack()
    await page.waitForFunction(() => document.querySelector('input[type=search]')?.value === '失业')
    await page.keyboard.press('Control+/')
    await page.waitForSelector('.window')
    await page.evaluate(() => { location.hash = '#/files' })
    await page.waitForFunction(() => document.querySelector('input[type=search]')?.value === '' && document.querySelectorAll('a.card').length > 4)
    await page.evaluate(() => { location.hash = '#/mine' })
    await page.waitForSelector('.mine')
    assert.equal(await page.locator('.window').count(), 0)
    await closed(page)
  })

  it('a_receipt_can_be_copied_where_the_browser_has_no_clipboard_of_its_own', async () => {
    const page = await site.device(PHONE)
    await page.evaluate(() => { Object.defineProperty(navigator, 'clipboard', { value: undefined }) }) // plain http
    await page.getByRole('button', { name: '找人工', exact: true }).click()
    await page.getByLabel('您的问题').fill('路灯坏了找谁')
    await page.getByRole('button', { name: '交给工作人员' }).click()
    await page.waitForSelector('.window .receipt-card')
    assert.equal(await page.evaluate(() => document.activeElement.id), 'handoff-title')
    await page.evaluate(() => document.addEventListener('copy', () => { window.__copied = String(document.activeElement.value) }))
    await page.getByRole('button', { name: '抄下来' }).click()
    await page.locator('.window').getByText('抄好了').waitFor()
    const [receipt, code] = await textOf(page, '.window .receipt-card dd')
    assert.equal(await page.evaluate(() => window.__copied), `编号 ${receipt}，查询码 ${code}`)
    await closed(page)
  })
})
