// What a citizen gets from the page, in a real Chromium.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { eventually } from '../server/lib.mjs'
import { ask, axe, closed, startSite, textOf, FOUND, NOT_FOUND, PHONE, WIDE } from './site.mjs'

const STALLED = { kind: 'stall', after: 40 } // an engine that stops in the middle of its second sentence
let site

before(async () => { site = await startSite() })
after(async () => { await site?.stop() })

const sideways = (page) => page.evaluate(() => document.documentElement.scrollWidth - innerWidth)

describe('the way from a question to a person', () => {
  it('evidence_comes_before_the_first_sentence_and_a_citation_opens_the_source_at_its_clause', async () => {
    const page = await site.device()
    site.wire.hold('event: sentence')
    await ask(page, FOUND, '.sentence')
    assert.ok(await page.locator('.evidence .clause').count() >= 1)
    assert.match(await page.locator('.evidence .validity').first().textContent(), /现行有效/)
    assert.equal(await page.locator('.turn .trust').count(), 0, 'an answer on its way is not shown as whole')
    site.wire.release()
    await page.waitForSelector('.trust')
    assert.match(await page.locator('.trust .label').textContent(), /AI/)
    assert.match(await page.locator('.trust').textContent(), /编号 Q\d{8}-\d{5}/)

    const clause = await page.locator('.cite').first().getAttribute('aria-label')
    await page.locator('.cite').first().click()
    const mark = page.locator('.source mark').first()
    await mark.waitFor()
    await page.waitForFunction(() => {
      const m = document.querySelector('.source mark').getBoundingClientRect(), box = document.querySelector('.source .scroll').getBoundingClientRect()
      return m.top >= box.top - 1 && m.top < box.bottom
    })
    const number = /》(\S+?)，/.exec(clause)[1]
    assert.match(await page.locator('.source h2').textContent(), new RegExp(number))
    assert.match((await textOf(page, '.source mark')).join(''), new RegExp(number))
    assert.match(await page.locator('.source .facts').textContent(), /起/)
    assert.equal(await page.evaluate(() => document.activeElement.id), 'source-title')
    await page.keyboard.press('Escape')
    await page.waitForSelector('.source', { state: 'detached' })
    assert.ok(await page.evaluate(() => document.activeElement.classList.contains('cite')), 'focus goes back to the citation')
    await closed(page)
  })

  it('feedback_with_a_reason_is_kept_by_the_server', async () => {
    const page = await site.device()
    await ask(page, FOUND)
    await page.getByRole('button', { name: '没用' }).click()
    await page.getByLabel('没答到点上').check()
    await page.getByLabel('想补充的话').fill('没说要不要交材料')
    await page.getByRole('button', { name: '告诉我们' }).click()
    await page.getByText('谢谢，记下了').first().waitFor()
    await page.waitForSelector('.why', { state: 'detached' })
    const receipt = /Q\d{8}-\d{5}/.exec(await page.locator('.trust').textContent())[0]
    const stored = await page.evaluate(async (r) => (await fetch('/api/exchanges/' + r)).json(), receipt)
    assert.equal(stored.feedback.useful, false)
    assert.match(stored.feedback.reason, /没答到点上.*没说要不要交材料/)
    await closed(page)
  })

  it('what_is_not_found_is_said_so_and_a_person_can_be_asked_with_a_receipt_to_come_back_with', async () => {
    const page = await site.device(PHONE)
    await ask(page, NOT_FOUND)
    assert.match((await textOf(page, '.answer h3'))[0], /没有找到/)
    assert.match((await textOf(page, '.turn h3'))[0], /可能相关/)
    await page.getByRole('button', { name: '找人工', exact: true }).first().click()
    assert.equal(await page.getByLabel('您的问题').inputValue(), NOT_FOUND)
    assert.equal(await page.locator('.bigcall').getAttribute('href'), 'tel:12345')
    await page.getByLabel('联系电话').fill('13800001111')
    await page.getByRole('button', { name: '交给工作人员' }).click()
    await page.waitForSelector('.window .receipt-card')
    const [receipt, code] = await textOf(page, '.window .receipt-card dd')
    assert.match(receipt, /^H\d{8}-\d{5}$/)
    await page.locator('.window').getByRole('link', { name: /我的/ }).click()
    assert.match(await page.locator('.mine .card').first().textContent(), new RegExp(receipt))

    const other = await site.device() // another device: by receipt and code
    await other.goto(site.url + '/#/mine')
    await other.getByLabel('编号', { exact: true }).fill(receipt)
    await other.getByLabel('查询码').fill(code)
    await other.getByRole('button', { name: '查一下' }).click()
    assert.match(await other.locator('.mine [role=status].card').textContent(), new RegExp(NOT_FOUND))
    await other.getByLabel('查询码').fill('WRONG123')
    await other.getByRole('button', { name: '查一下' }).click()
    await other.locator('.mine .problem').waitFor()
    await closed(other)
    await closed(page)
  })

  it('typed_personal_data_is_named_as_masked', async () => {
    const page = await site.device()
    await ask(page, FOUND + '，我的电话13812345678')
    assert.match(await page.locator('.asked').textContent(), /手机号.*已遮住/)
    await closed(page)
  })

  it('the_law_of_another_day_can_be_asked_for_and_the_answer_says_so', async () => {
    const page = await site.device()
    await page.getByRole('button', { name: '按某日的政策' }).click()
    await page.getByLabel('按这天的政策回答').fill('2021-05-01')
    await ask(page, '80岁老人高龄津贴标准')
    assert.match(await page.locator('.asked').textContent(), /按2021年5月1日那天的政策/)
    assert.match((await textOf(page, '.evidence .clause')).join('\n'), /2019-07-01 起/)
    await closed(page)
  })
})

describe('when things go wrong', () => {
  it('stop_by_Esc_leaves_what_was_checked_and_calls_it_unfinished', async () => {
    const page = await site.device()
    site.engine.next(STALLED)
    await ask(page, FOUND, '.sentence')
    await page.keyboard.press('Escape')
    await page.waitForSelector('.turn.stopped')
    assert.match(await page.locator('.turn').textContent(), /未完成/)
    assert.equal(await page.locator('.trust').count(), 0)
    assert.ok(await page.locator('.sentence').count() >= 1)
    await page.getByRole('button', { name: '再试一次' }).click()
    await page.waitForSelector('.trust')
    assert.equal(await page.locator('.turn').count(), 1, 'trying again replaces the broken one')
    await closed(page)
  })

  it('stop_by_its_button', async () => {
    const page = await site.device(PHONE)
    site.engine.next(STALLED)
    await ask(page, FOUND, '.sentence')
    await page.getByRole('button', { name: '停下' }).click()
    await page.waitForSelector('.turn.stopped')
    await closed(page)
  })

  it('an_answer_cut_off_is_never_shown_as_whole_not_even_after_a_reload', async () => {
    const page = await site.device()
    site.engine.next(STALLED)
    await ask(page, FOUND, '.sentence')
    site.wire.cut()
    await page.waitForSelector('.turn.broken')
    assert.match(await page.locator('.turn').textContent(), /未完成.*回答断了/s)
    assert.equal(await page.locator('.trust').count(), 0)
    await page.reload()
    await page.waitForSelector('.turn')
    assert.match(await page.locator('.turn').textContent(), /未完成/)
    await page.getByRole('button', { name: '再试一次' }).click()
    await page.waitForSelector('.trust')
    await closed(page)
  })

  it('an_answer_that_the_server_has_whole_is_fetched_when_the_wire_broke', async () => {
    const page = await site.device()
    site.wire.hold('event: sentence')
    await ask(page, FOUND, '.sentence')
    // The server's own word that it has the answer whole: the engine's end comes earlier, and a wire cut between the two ends the answer.
    await eventually(() => page.evaluate(async () => {
      const turns = Object.entries(localStorage).find(([name]) => name.endsWith('turns'))
      const { receipt } = JSON.parse(turns[1]).at(-1)
      return (await (await fetch('/api/exchanges/' + receipt)).json()).done?.outcome
    }), { every: 50 })
    site.wire.cut()
    site.wire.release()
    await page.waitForSelector('.turn.whole .trust')
    assert.ok(await page.locator('.sentence').count() >= 1)
    await closed(page)
  })

  it('a_reload_in_the_middle_of_an_answer_says_that_it_could_not_go_on', async () => {
    const page = await site.device()
    site.engine.next(STALLED)
    await ask(page, FOUND, '.sentence')
    await page.reload()
    await page.waitForSelector('.turn.broken')
    assert.match(await page.locator('.turn').textContent(), /未完成/)
    await closed(page)
  })

  it('without_a_network_the_question_is_kept_and_goes_when_it_is_back', async () => {
    const page = await site.device()
    await page.waitForLoadState('networkidle')
    await page.context().setOffline(true)
    await ask(page, FOUND, '.turn.refused')
    assert.match(await page.locator('.turn').textContent(), /网络断了/)
    await page.getByRole('link', { name: '我的' }).click() // the other pages are already here
    await page.waitForSelector('.mine')
    await page.getByRole('link', { name: '问一问', exact: true }).last().click()
    await page.context().setOffline(false)
    for (let i = 0; i < 3 && !(await page.locator('.trust').count()); i++) { // a network may be back and gone again
      await page.getByRole('button', { name: '再试一次' }).click()
      await page.waitForSelector('.trust, .turn.refused button', { timeout: 15000 })
      await page.waitForSelector('.trust', { timeout: 3000 }).catch(() => {})
    }
    await page.waitForSelector('.trust')
    assert.deepEqual(page.problems, [])
    await page.context().close()
  })

  it('a_reload_shows_the_same_words_and_keeps_the_draft_and_so_does_the_server', async () => {
    const page = await site.device()
    await ask(page, FOUND)
    const words = await textOf(page, '.sentence'), clauses = await textOf(page, '.evidence .clause')
    const receipt = /Q\d{8}-\d{5}/.exec(await page.locator('.trust').textContent())[0]
    await page.fill('#question', '还没写完的')
    await page.reload()
    await page.waitForSelector('.trust')
    assert.deepEqual(await textOf(page, '.sentence'), words)
    assert.deepEqual(await textOf(page, '.evidence .clause'), clauses)
    assert.equal(await page.inputValue('#question'), '还没写完的')
    await page.goto(site.url + '/#/exchange/' + receipt)
    await page.waitForSelector('.page .trust')
    assert.deepEqual(await textOf(page, '.page .sentence'), words, 'what the server keeps is what was shown')
    await page.goBack()
    await page.waitForSelector('.ask .trust')
    await closed(page)
  })
})

describe('hands', () => {
  it('enter_does_not_send_while_an_input_method_is_composing', async () => {
    const page = await site.device()
    await page.focus('#question')
    const cdp = await page.context().newCDPSession(page)
    await cdp.send('Input.imeSetComposition', { text: 'shiye', selectionStart: 5, selectionEnd: 5 })
    await cdp.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 229 })
    await page.evaluate(() => document.getElementById('question').dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true, cancelable: true })))
    assert.equal(await page.locator('.turn').count(), 0)
    await cdp.send('Input.insertText', { text: FOUND })
    await page.keyboard.press('Shift+Enter')
    assert.match(await page.inputValue('#question'), /高龄津贴.*\n/)
    assert.equal(await page.locator('.turn').count(), 0)
    await page.keyboard.press('Enter')
    await page.waitForSelector('.turn')
    await closed(page)
  })

  it('everything_goes_by_keyboard_alone', async () => {
    const page = await site.device()
    await page.keyboard.press('/')
    await page.keyboard.type(FOUND)
    await page.keyboard.press('Enter')
    await page.waitForSelector('.trust')
    const tabTo = async (what) => {
      for (let i = 0; i < 60; i++) {
        if (await page.evaluate((s) => document.activeElement.matches(s), what)) return
        await page.keyboard.press('Tab')
      }
      assert.fail('no way to ' + what)
    }
    await page.evaluate(() => document.activeElement.blur())
    await tabTo('.cite')
    const ring = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle)
    assert.equal(ring, 'solid', 'the focus is seen')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.source mark')
    await page.keyboard.press('Escape')
    await page.waitForSelector('.source', { state: 'detached' })
    await page.keyboard.press('Control+/')
    await page.getByRole('heading', { name: '键盘怎么用' }).waitFor()
    await page.keyboard.press('Escape')
    await page.waitForSelector('.window', { state: 'detached' })
    await tabTo('.trust .tool')
    await page.keyboard.press('Enter')
    await page.getByText('谢谢，记下了').first().waitFor()
    await closed(page)
  })
})

describe('eyes', () => {
  it('nothing_moves_while_an_answer_streams', async () => {
    const cases = [PHONE, WIDE].flatMap((viewport) => [
      { viewport, question: FOUND, mark: 'event: sentence', seen: '.sentence' },
      { viewport, question: NOT_FOUND, mark: 'event: evidence', seen: '.evidence .clause' },
    ])
    for (const { viewport, question, mark, seen } of cases) {
      const page = await site.device(viewport)
      site.wire.hold(mark)
      await ask(page, question, seen)
      await page.evaluate(() => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go))))
      const from = await page.evaluate(() => performance.now())
      site.wire.release()
      await page.waitForSelector('.trust')
      const shift = await page.evaluate((t) => window.__shifts.filter((s) => s.at >= t).reduce((a, s) => a + s.value, 0), from)
      assert.ok(shift < 0.01, `layout shift ${shift} at ${viewport.width} px after “${question}”`)
      await closed(page)
    }
  })

  it('elder_mode_has_big_type_big_targets_few_choices_and_stays_after_a_reload', async () => {
    const page = await site.device(PHONE)
    await page.getByRole('button', { name: '大字' }).click()
    await page.reload()
    assert.equal(await page.evaluate(() => getComputedStyle(document.getElementById('question')).fontSize), '24px')
    assert.equal(await page.getByRole('link', { name: '文件' }).count(), 0)
    await page.getByRole('link', { name: '打电话' }).waitFor()
    await ask(page, FOUND)
    const small = await page.evaluate(() => [...document.querySelectorAll('button, a')].filter((b) => b.offsetParent && !b.matches('.cite, .skip')).filter((b) => b.getBoundingClientRect().height < 60).map((b) => b.textContent.trim()))
    assert.deepEqual(small, [])
    assert.ok(await sideways(page) <= 0)
    assert.deepEqual(await axe(page), [])
    await closed(page)
  })

  it('an_answer_is_read_aloud_where_a_chinese_voice_is_and_elsewhere_the_page_says_what_to_do', async () => {
    const page = await site.device()
    await page.evaluate(() => {
      window.__spoken = []
      speechSynthesis.getVoices = () => window.__voices ?? []
      speechSynthesis.speak = (u) => { window.__spoken.push(u.text); setTimeout(() => u.onend?.(new Event('end'))) }
    })
    await ask(page, FOUND)
    const read = page.locator('.trust').getByRole('button', { name: '读给我听' })
    await read.click()
    await page.getByText(/没有中文语音.*12345/).first().waitFor()
    await page.evaluate(() => {
      window.SpeechSynthesisUtterance = function (text) { this.text = text }
      window.__voices = [{ lang: 'zh-CN', name: '普通话' }]
    })
    await read.click()
    await page.waitForFunction(() => window.__spoken.length > 0)
    assert.deepEqual(await page.evaluate(() => window.__spoken), (await textOf(page, '.sentence')).map((t) => t.replace(/\s*\d+(\s*\d+)*$/, '').trim()))
    await closed(page)
  })

  it('no_page_scrolls_sideways_at_360_px_and_every_target_can_be_hit', async () => {
    const page = await site.device(PHONE)
    const check = async (where) => {
      assert.ok(await sideways(page) <= 0, where + ' scrolls sideways')
      const small = await page.evaluate(() => [...document.querySelectorAll('button, a:not(p a), input:not([type=radio])')].filter((b) => b.offsetParent && !b.matches('.cite, .skip')).filter((b) => b.getBoundingClientRect().height < 44).map((b) => b.className + ' ' + b.textContent.trim()))
      assert.deepEqual(small, [], where)
    }
    await check('the first page')
    await ask(page, FOUND)
    await check('an answer')
    await page.locator('.cite').first().click()
    await page.waitForSelector('.source mark')
    assert.ok(await page.evaluate(() => document.querySelector('.source').matches(':modal')), 'a sheet over the talk')
    await check('the source')
    await page.keyboard.press('Escape')
    for (const path of ['/mine', '/files']) {
      await page.goto(site.url + '/#' + path)
      await page.waitForSelector('.page h1')
      await check(path)
    }
    await page.waitForSelector('a.card')
    await page.locator('a.card').first().click()
    await page.waitForSelector('.paper')
    await check('a document')
    await closed(page)
  })

  it('axe_finds_nothing_on_any_citizen_page_with_contrast_of_seven_to_one', async () => {
    for (const viewport of [{ width: 1280, height: 800 }, PHONE]) {
      const page = await site.device(viewport)
      assert.deepEqual(await axe(page), [], 'first page')
      await ask(page, FOUND)
      assert.deepEqual(await axe(page), [], 'answer')
      await page.locator('.cite').first().click()
      await page.waitForSelector('.source mark')
      assert.deepEqual(await axe(page), [], 'source')
      await page.keyboard.press('Escape')
      await ask(page, NOT_FOUND)
      assert.deepEqual(await axe(page), [], 'not found')
      await page.getByRole('button', { name: '找人工', exact: true }).first().click()
      assert.deepEqual(await axe(page), [], 'hand-off')
      await page.getByRole('button', { name: '交给工作人员' }).click()
      await page.waitForSelector('.window .receipt-card')
      await page.keyboard.press('Escape')
      for (const path of ['/mine', '/files?q=失业', '/files']) {
        await page.goto(site.url + '/#' + path)
        await page.waitForSelector(path === '/mine' ? '.mine .card' : 'a.card')
        assert.deepEqual(await axe(page), [], path)
      }
      await page.locator('a.card').first().click()
      await page.waitForSelector('.paper')
      assert.deepEqual(await axe(page), [], 'document')
      await closed(page)
    }
  })

  it('a_document_shows_its_versions_and_which_held_on_a_day', async () => {
    const page = await site.device()
    await page.goto(site.url + '/#/files')
    await page.getByLabel('找文件或条款').fill('高龄津贴')
    await page.getByRole('button', { name: '找', exact: true }).click()
    await page.getByRole('link', { name: /高龄津贴发放办法/ }).first().click()
    await page.waitForSelector('.versions li')
    assert.ok(await page.locator('.versions li').count() >= 3)
    await page.getByLabel('效力按这天算').fill('2021-05-01')
    await page.getByText('明民规〔2019〕2号').first().waitFor()
    await page.waitForFunction(() => document.querySelector('.document .facts').textContent.includes('〔2019〕2号'))
    assert.match(await page.locator('.document .facts').textContent(), /现行有效/)
    await closed(page)
  })

  it('the_script_of_the_page_fits_the_budget_and_comes_compressed', async () => {
    const page = await site.device()
    await page.waitForLoadState('networkidle')
    const scripts = await page.evaluate(() => performance.getEntriesByType('resource').filter((r) => r.name.endsWith('.js')).map((r) => ({ encoded: r.encodedBodySize, decoded: r.decodedBodySize })))
    assert.ok(scripts.length >= 1)
    const sum = (key) => scripts.reduce((a, s) => a + s[key], 0)
    assert.ok(sum('encoded') <= 60_000, `${sum('encoded')} bytes of script`)
    assert.ok(sum('encoded') < sum('decoded') / 2, 'it came compressed')
    await closed(page)
  })
})
