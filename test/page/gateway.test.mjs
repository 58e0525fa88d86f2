// What the page gives those who run the models: the officer's keys, what was used, the engines as they are now.
import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startEngine } from '../engine/engine.mjs'
import { root, temporary } from '../server/lib.mjs'
import { axe, closed, signIn, startSite, textOf, ADMIN, AUDITOR, HEAD, OFFICER, PHONE, WIDE } from './site.mjs'

let site, one, two, share

const engineRows = (more = '') => `engines:
  - {name: 一号机, url: "${one.url}", model: deepseek-r1, kind: mindie, chip: 昇腾 910B × 8, weights: 2025-05-28 W8A8, slots: 32, context: 65536, price: {prompt: 0.004, cached: 0.001, answer: 0.016}}
  - {name: 二号机, url: "${two.url}", model: qwen2.5-7b, kind: vllm, chip: L20 × 2, slots: 8, trusted: true${more}}
`
const write = (text) => writeFileSync(join(share, 'models.yaml'), text)

before(async () => {
  one = await startEngine({ always: { kind: 'plain', text: '您好，请问要办什么事？' } })
  two = await startEngine({ always: { kind: 'plain', text: '您好。' } })
  share = temporary('share')
  for (const name of ['sql', 'rules', 'prompts', 'web', 'docs']) symlinkSync(join(root, name), join(share, name))
  write(engineRows())
  site = await startSite({ engine: undefined, env: { TONGBAN_SHARE: share } }) // only the engines of models.yaml
})
after(async () => {
  await site?.stop()
  await one?.close()
  await two?.close()
})

const call = (secret, model = 'deepseek-r1', more = {}) => fetch(site.url + '/v1/chat/completions', {
  method: 'POST', headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
  body: JSON.stringify({ model, messages: [{ role: 'user', content: '你好' }], ...more }),
})
async function eventually(what, ms = 10_000) {
  for (const until = Date.now() + ms; ;) {
    const got = await what()
    if (got || Date.now() > until) return got
    await new Promise((r) => setTimeout(r, 50))
  }
}
/** The officer's page gives out a key; its secret as the page shows it. */
async function give(page, name, fill = async () => {}) {
  await page.getByRole('button', { name: '发放密钥' }).click()
  const form = page.locator('.key-form')
  await form.getByLabel('应用名称').fill(name)
  await form.getByRole('combobox', { name: '归哪个部门' }).click()
  await page.getByRole('option', { name: '市民政局', exact: false }).first().click()
  await fill(form)
  await form.getByRole('button', { name: '发放' }).click()
  await page.waitForSelector('.secret')
  return (await page.locator('.secret').textContent()).trim()
}
const shut = async (page) => {
  await page.getByRole('button', { name: '抄好了，关上' }).click()
  await page.waitForSelector('.secret', { state: 'detached' })
}
/** Nothing may need sideways scrolling. */
const overflow = (page) => page.evaluate(() => {
  const main = document.querySelector('main')
  return Math.max(document.documentElement.scrollWidth - innerWidth, main.scrollWidth - main.clientWidth)
})

describe('keys', () => {
  it('the_officer_gives_out_a_key_that_works_its_use_is_charted_and_ending_it_stops_it', async () => {
    const page = await site.device(WIDE)
    await signIn(site, page, OFFICER, '#/keys')
    await page.getByText('还没有发过密钥').waitFor()
    const secret = await give(page, '窗口系统', async (form) => {
      await form.getByRole('radio', { name: /窗口/ }).check()
      await form.getByLabel('每分钟请求', { exact: false }).fill('600')
      await form.getByLabel('备注').fill('市民之家，0123-4567')
    })
    assert.match(secret, /^sk-tb-[A-Za-z0-9_-]{43}$/)
    const curl = await page.locator('.sample').textContent()
    assert.ok(curl.includes(secret) && curl.includes(site.url + '/v1/chat/completions') && curl.includes('deepseek-r1'))
    await page.getByRole('button', { name: 'Python', exact: true }).click()
    assert.match(await page.locator('.sample').textContent(), /from openai import OpenAI[\s\S]*api_key="sk-tb-/)
    await shut(page)
    assert.ok(!(await page.content()).includes(secret.slice(0, 20)), 'it is shown once')
    const row = page.locator('.key', { hasText: '窗口系统' })
    assert.match(await row.textContent(), /窗口.*每分钟请求 600 次.*所有模型/s)

    for (let i = 0; i < 3; i++) assert.equal((await call(secret)).status, 200)
    await row.getByRole('link', { name: '看用量' }).click()
    await page.waitForSelector('.usage-rows')
    await page.waitForSelector('.chart canvas')
    const used = page.locator('.usage-rows tr', { hasText: '窗口系统' })
    assert.deepEqual((await used.locator('td').allTextContents()).slice(0, 2), ['3', '0'])
    assert.match(await page.locator('.chart h2').textContent(), /窗口系统/)
    await page.getByRole('button', { name: '按部门' }).click()
    await page.locator('.usage-rows th[scope=row]', { hasText: '民政局' }).waitFor()
    await page.getByRole('button', { name: '费用', exact: true }).click()
    await page.locator('.chart h2', { hasText: '民政局' }).waitFor()
    assert.match(await page.locator('.tile', { hasText: '费用' }).textContent(), /0\.\d+元/)
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: '导出表格' }).click()])
    assert.match(file.suggestedFilename(), /^usage-department-.*\.csv$/)
    await page.getByRole('button', { name: '按天' }).click()
    await page.getByRole('button', { name: '看表格' }).click()
    assert.equal(await page.locator('.chart table tbody tr').count(), 30, 'days without use are days too')

    await page.goto(site.url + '/staff.html#/keys')
    await row.getByRole('button', { name: '停用' }).click()
    await page.getByRole('dialog').getByRole('button', { name: '不了' }).click()
    assert.equal((await call(secret)).status, 200, 'it was only asked')
    await row.getByRole('button', { name: '停用' }).click()
    await page.getByRole('dialog').getByRole('button', { name: '停用' }).click()
    await row.getByText('已停用').first().waitFor()
    assert.ok(await eventually(async () => (await call(secret)).status === 401, 2000), 'within a second or so')
    assert.equal(await row.getByRole('button').count(), 0, 'what is over is not changed')
    await closed(page)
  })

  it('limits_are_changed_and_a_new_secret_leaves_the_old_one_its_time', async () => {
    const page = await site.device(WIDE)
    await signIn(site, page, OFFICER, '#/keys')
    const old = await give(page, '热线系统')
    await shut(page)
    const row = page.locator('.key', { hasText: '热线系统' })
    await row.getByRole('button', { name: '改', exact: true }).click()
    await page.getByLabel('每天 token', { exact: false }).fill('5000000')
    await page.getByLabel('只许从这些地址来', { exact: false }).fill('300.1.2.3')
    await page.getByRole('button', { name: '改好' }).click()
    await page.locator('.key-form .problem', { hasText: '来源地址' }).waitFor()
    assert.equal(await page.getByLabel('每天 token', { exact: false }).inputValue(), '5000000', 'what was typed is still there')
    await page.getByLabel('只许从这些地址来', { exact: false }).fill('127.0.0.0/8')
    await page.getByRole('button', { name: '改好' }).click()
    await row.getByText('每天 token 500 万个', { exact: false }).waitFor()
    assert.match(await row.textContent(), /127\.0\.0\.0\/8/)
    await row.getByRole('button', { name: '换新密钥' }).click()
    await page.getByRole('radio', { name: /一周/ }).check()
    await page.getByRole('button', { name: '换新的' }).click()
    await page.waitForSelector('.secret')
    const fresh = (await page.locator('.secret').textContent()).trim()
    assert.notEqual(fresh, old)
    await shut(page)
    await row.getByText('还能用到', { exact: false }).waitFor()
    for (const s of [old, fresh]) assert.equal((await call(s)).status, 200)
    await closed(page)
  })

  it('a_key_is_given_out_and_ended_by_the_keyboard_alone', async () => {
    const page = await site.device(WIDE)
    await signIn(site, page, OFFICER, '#/keys')
    const focused = () => page.evaluate(() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.closest('label')?.textContent ?? document.activeElement.textContent)
    const to = async (name) => { // Tab until there: what is never reached fails
      for (let i = 0; i < 60; i++) {
        if (name.test((await focused()).trim())) return
        await page.keyboard.press('Tab')
      }
      assert.fail(`${name} is not reached by Tab`)
    }
    await page.getByRole('button', { name: '发放密钥' }).waitFor()
    await to(/^发放密钥$/)
    await page.keyboard.press('Enter')
    await page.waitForSelector('.key-form')
    await to(/^应用名称/)
    await page.keyboard.type('键盘系统')
    await to(/归哪个部门/)
    await page.keyboard.type('民政局')
    await page.waitForFunction(() => [...document.querySelectorAll('[role=option]')].filter((o) => o.checkVisibility()).every((o) => o.textContent.includes('民政局')))
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await to(/^办公/)
    await page.keyboard.press('ArrowDown') // radios: the next class
    await to(/^发放$/)
    await page.keyboard.press('Enter')
    await page.waitForSelector('.secret')
    await to(/^抄好了，关上$/)
    await page.keyboard.press('Enter')
    await page.waitForSelector('.secret', { state: 'detached' })
    const row = page.locator('.key', { hasText: '键盘系统' })
    assert.match(await row.textContent(), /民政局.*批量/s)
    await row.getByRole('button', { name: '停用' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    await to(/^停用$/)
    await page.keyboard.press('Enter')
    await row.getByText('已停用').first().waitFor()
    await closed(page)
  })

  it('one_call_is_found_by_its_id_and_what_was_said_is_for_the_auditor_alone', async () => {
    const officer = await site.device(WIDE)
    await signIn(site, officer, OFFICER, '#/keys')
    const secret = await give(officer, '查询台')
    await shut(officer)
    const answer = await call(secret, 'deepseek-r1', { messages: [{ role: 'user', content: '我的电话是13812345678，怎么办居住证' }] })
    assert.equal(answer.status, 200)
    const id = answer.headers.get('x-request-id')
    await officer.goto(site.url + '/staff.html#/usage')
    await officer.getByLabel('查一次调用', { exact: false }).fill(id)
    await officer.keyboard.press('Enter')
    await officer.locator('.call-part').first().waitFor()
    const shown = await officer.locator('.page').textContent()
    assert.match(shown, /查询台[\s\S]*deepseek-r1[\s\S]*一号机[\s\S]*遮住个人信息 1 处[\s\S]*只有安全审计员能看/)
    assert.equal(await officer.getByRole('button', { name: '看内容' }).count(), 0)
    await closed(officer)
    const auditor = await site.device(WIDE)
    await signIn(site, auditor, AUDITOR, '#/usage/call/' + id)
    await auditor.getByRole('button', { name: '看内容' }).click()
    await auditor.getByText('怎么办居住证', { exact: false }).waitFor()
    assert.ok(!(await auditor.content()).includes('13812345678'), 'kept masked, shown masked')
    assert.deepEqual(await axe(auditor, false), [])
    await auditor.goto(site.url + '/staff.html#/usage/call/nothing')
    await auditor.locator('.problem').waitFor()
    await closed(auditor)
  })

  it('a_department_admin_sees_their_own_keys_and_changes_none', async () => {
    const page = await site.device(WIDE)
    await signIn(site, page, HEAD, '#/keys')
    await page.locator('.key, .empty').first().waitFor()
    assert.equal(await page.getByRole('button', { name: /发放|停用|换新/ }).count(), 0)
    await page.goto(site.url + '/staff.html#/usage')
    await page.getByText('这里是您部门的', { exact: false }).waitFor()
    await closed(page)
  })
})

describe('the gateway as it is now', () => {
  it('an_engine_that_goes_down_and_comes_back_is_seen_without_a_reload', async () => {
    const officer = await site.device(WIDE)
    await signIn(site, officer, OFFICER, '#/keys')
    const secret = await give(officer, '巡检')
    await closed(officer)
    const page = await site.device(WIDE)
    await signIn(site, page, ADMIN, '#/gateway')
    const first = page.locator('.engine', { hasText: '一号机' })
    await first.getByText('可用', { exact: true }).waitFor()
    assert.match(await first.textContent(), /MindIE.*昇腾 910B × 8.*deepseek-r1.*正在回答 0 \/ 32/s)
    for (let i = 0; i < 4; i++) assert.equal((await call(secret, 'deepseek-r1', { stream: i % 2 > 0 })).status, 200)
    await page.locator('.vital', { hasText: '应用请求' }).getByText(/10 分钟里 \d+ 次/).waitFor()
    assert.ok(await page.locator('.vital .over-line').first().getAttribute('d'))

    one.die()
    assert.ok(await eventually(async () => (await call(secret)).status >= 500))
    for (let i = 0; i < 3; i++) await call(secret)
    await first.getByText('不可用', { exact: true }).waitFor()
    assert.match(await first.locator('.says').textContent(), /检查它是否在运行/)
    assert.match(await page.locator('.page-head').textContent(), /一号机不可用/)
    await one.revive()
    await first.getByText(/^(可用|试用中)$/).waitFor({ timeout: 30_000 })
    assert.ok(await eventually(async () => (await call(secret)).status === 200, 20_000))
    await closed(page)
  })

  it('those_who_wait_are_shown_by_class', async () => {
    write(engineRows().replace('slots: 8', 'slots: 1'))
    const officer = await site.device(WIDE)
    await signIn(site, officer, OFFICER, '#/keys')
    const secret = await give(officer, '批量任务', async (form) => { await form.getByRole('radio', { name: /批量/ }).check() })
    await closed(officer)
    const page = await site.device(WIDE)
    await signIn(site, page, ADMIN, '#/gateway')
    await page.locator('.engine', { hasText: '二号机' }).getByText('/ 1').waitFor()
    two.next({ kind: 'hang' })
    const stop = new AbortController()
    const asked = [0, 1, 2].map(() => fetch(site.url + '/v1/chat/completions', {
      method: 'POST', signal: stop.signal, headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'qwen2.5-7b', messages: [{ role: 'user', content: '你好' }] }),
    }).catch(() => null))
    const batch = page.locator('.queue-table tr', { hasText: '批量' })
    await page.waitForFunction(() => [...document.querySelectorAll('.queue-table tr.on')].some((r) => r.textContent.includes('批量')))
    const cells = await batch.locator('td').allTextContents()
    assert.equal(cells[0], '1')
    assert.equal(cells[1], '2')
    assert.match(cells[2], /秒/)
    stop.abort()
    await Promise.all(asked)
    await page.waitForFunction(() => !document.querySelector('.queue-table tr.on'))
    const own = await eventually(async () => {
      const { pulse } = await page.evaluate(() => fetch('/api/engines').then((r) => r.json()))
      return pulse.at(-1).left >= 3 && pulse.at(-1).overhead_ms
    })
    assert.ok(own < 200, `standing in line is no work of the gateway's own: ${own} ms`)
    write(engineRows())
    await closed(page)
  })

  it('a_mistake_in_models_yaml_is_shown_with_its_line_and_a_drained_engine_as_such', async () => {
    const page = await site.device(WIDE)
    await signIn(site, page, ADMIN, '#/gateway')
    await page.locator('.engine').first().waitFor()
    write(engineRows().replace('slots: 32', 'slotz: 32'))
    await page.locator('.mistake', { hasText: /第 2 行.*slotz/ }).waitFor()
    assert.ok(!(await page.locator('.mistake').textContent()).includes(share), 'the file, not where it lies')
    assert.equal(await page.locator('.engine').count(), 2, 'the old one stays')
    write(engineRows(', drain: true'))
    await page.locator('.mistake').waitFor({ state: 'detached' })
    await page.locator('.engine', { hasText: '二号机' }).getByText('已停止接收', { exact: true }).waitFor()
    await page.locator('.engine', { hasText: '二号机' }).getByText('models.yaml 里写了 drain', { exact: false }).waitFor()
    write(engineRows())
    await page.locator('.engine', { hasText: '二号机' }).getByText('可用', { exact: true }).waitFor()
    await closed(page)
  })

  it('an_engine_is_kept_from_new_calls_by_a_button_and_comes_back_by_it', async () => {
    write(engineRows(', canary: 20'))
    const page = await site.device(WIDE)
    await signIn(site, page, ADMIN, '#/gateway')
    const card = page.locator('.engine', { hasText: '二号机' })
    await card.getByText('灰度 20%').waitFor()
    await card.getByRole('button', { name: '停止接收' }).click()
    await page.getByText('二号机不再接新的请求，正在回答的会答完', { exact: false }).waitFor()
    await card.getByText('已停止接收', { exact: true }).waitFor()
    await card.getByRole('button', { name: '恢复接收' }).click()
    await card.getByText('可用', { exact: true }).waitFor()
    await closed(page)
    const auditor = await site.device(WIDE)
    await signIn(site, auditor, AUDITOR, '#/gateway')
    await auditor.locator('.engine').first().waitFor()
    assert.equal(await auditor.getByRole('button', { name: /接收/ }).count(), 0)
    await closed(auditor)
    write(engineRows())
  })

  it('a_lost_network_keeps_the_figures_and_comes_back_by_itself', async () => {
    const page = await site.device(WIDE)
    await signIn(site, page, ADMIN, '#/gateway')
    await page.locator('.engine').first().waitFor()
    await page.context().setOffline(true)
    await page.locator('.problem', { hasText: '断开前的数' }).waitFor()
    assert.equal(await page.locator('.engine').count(), 2)
    await page.context().setOffline(false)
    await page.locator('.problem').waitFor({ state: 'detached' })
    await closed(page)
  })
})

describe('the frame', () => {
  it('axe_finds_nothing_and_a_phone_needs_no_sideways_scrolling', async () => {
    const shots = process.env.SHOTS ?? ''
    if (shots) mkdirSync(shots, { recursive: true })
    for (const [size, scheme] of [[WIDE, 'light'], [WIDE, 'dark'], [PHONE, 'light']]) {
      const page = await site.device(size, { colorScheme: scheme, reducedMotion: 'reduce' })
      for (const [who, path, ready] of [[ADMIN, 'gateway', '.engine'], [ADMIN, 'usage?by=day', '.chart canvas'], [AUDITOR, 'gateway', '.engine'], [OFFICER, 'usage?by=key', '.chart canvas'], [OFFICER, 'keys', '.key']]) {
        await page.context().clearCookies()
        await page.goto('about:blank')
        await signIn(site, page, who, '#/' + path)
        await page.waitForSelector(ready)
        assert.ok(await overflow(page) <= 0, `${path} ${size.width}`)
        const tab = await page.locator('.side nav [aria-current]').boundingBox()
        assert.ok(tab.x >= 0 && tab.x + tab.width <= size.width, `the open page is in sight among the others: ${path} ${size.width}`)
        if (shots) await page.screenshot({ path: join(shots, `${path.replace(/\W/g, '-')}-${who}-${size.width}-${scheme}.png`), fullPage: false })
        assert.deepEqual(await axe(page, false), [], `${path} ${size.width} ${scheme}`)
      }
      await page.getByRole('button', { name: '发放密钥' }).click()
      await page.waitForSelector('.key-form')
      if (shots) await page.screenshot({ path: join(shots, `key-form-${size.width}-${scheme}.png`) })
      assert.deepEqual(await axe(page, false), [], `form ${size.width} ${scheme}`)
      assert.ok(await overflow(page) <= 0)
      await closed(page)
    }
  })
})
