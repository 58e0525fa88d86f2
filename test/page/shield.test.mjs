// What the guards show and let be changed, as people meet it: limits, a sensitive document, an application's injection
// choice, and the other ways to sign in.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { after, before, it } from 'node:test'
import { axe, closed, signIn, startSite, ADMIN, GUARDIAN, OFFICER, PHONE, WIDE } from './site.mjs'
import { run, startServer } from '../server/lib.mjs'

let site
before(async () => {
  const server = await startServer()
  await server.stop()
  fs.writeFileSync(path.join(server.data, 'oidc.secret'), 'geheim\n')
  fs.writeFileSync(path.join(server.data, 'sign_in.yaml'), `oidc: {title: 省统一身份认证, issuer: "http://127.0.0.1:9", client_id: tongban, client_secret_file: "${server.data}/oidc.secret", redirect: "https://zw.example/api/sign-in/oidc/back"}
ldap: {title: 市目录账号, url: "ldap://127.0.0.1:9", base: "dc=city", filter: "(uid={login})"}
certificate: {gateways: [127.0.0.2], header: X-Subject, verified: X-Verify}
`)
  assert.equal((await run(['access', 'set', 'purpose', 'on'], { data: server.data })).code, 0)
  site = await startSite({ data: server.data })
})
after(() => site?.stop())

it('the_other_ways_to_sign_in_stand_under_the_password_with_their_own_names', async () => {
  const page = await site.device(PHONE)
  await page.goto(site.url + '/staff.html')
  const oidc = page.getByRole('link', { name: '省统一身份认证' })
  await oidc.waitFor()
  assert.equal(await oidc.getAttribute('href'), '/api/sign-in/oidc')
  await page.getByRole('button', { name: '国密证书' }).click()
  await page.locator('.problem').waitFor() // this browser did not come by the gateway
  await page.getByRole('button', { name: '市目录账号' }).click()
  assert.equal(await page.getByRole('button', { name: '市目录账号' }).getAttribute('aria-pressed'), 'true')
  assert.deepEqual(await axe(page, false), [])
  await page.goto(site.url + '/staff.html#/today?sign_in=upstream')
  await page.reload()
  await page.getByText(/统一认证服务连不上/).waitFor()
  await closed(page)
})

it('the_system_admin_sees_the_limits_changes_one_and_takes_it_back', async () => {
  const page = await site.device(WIDE)
  await signIn(site, page, ADMIN, '#/limits')
  await page.getByText('现在没有人被限').waitFor()
  await page.waitForSelector('.chart canvas')
  const person = page.locator('.limits tbody tr').first()
  assert.match(await person.textContent(), /^每个人.*1201120，1$/)
  await page.getByRole('button', { name: '改', exact: true }).click()
  assert.deepEqual(await axe(page, false), [])
  await page.getByLabel('每个人的存量').fill('5')
  await page.getByRole('button', { name: '改好了' }).click()
  await page.getByText(/存量应为 30 到/).waitFor()
  await page.getByLabel('每个人的存量').fill('240')
  await page.getByRole('button', { name: '改好了' }).click()
  await page.locator('.limits td', { hasText: /^240$/ }).waitFor()
  await page.getByRole('button', { name: '恢复上一次的' }).click()
  await page.locator('.limits td', { hasText: /^120$/ }).waitFor()
  await page.setViewportSize(PHONE)
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing sticks out at 360 px')
  await closed(page)
})

it('a_sensitive_file_is_uploaded_as_such_and_asks_what_for_before_it_is_read', async () => {
  const page = await site.device(WIDE)
  await signIn(site, page, GUARDIAN, '#/knowledge')
  await page.getByLabel('密级').selectOption('sensitive')
  await page.locator('.upload input[type=file]').setInputFiles({ name: '名录.md', mimeType: 'text/markdown', buffer: Buffer.from('# 明川市瓦蓝名录管理规定\n\n明民规〔2026〕88号\n\n明川市民政局\n\n2026年9月20日\n\n第一条 列入名录的家庭每月八百元。\n\n第二条 本规定自2026年10月1日起施行。\n') })
  await page.locator('.to-confirm a').click()
  await page.getByText('查看前请说明用途').waitFor()
  await page.getByLabel(/具体说明/).fill('核对名录内容')
  await page.getByRole('button', { name: '说明并查看' }).click()
  await page.getByText('列入名录的家庭每月八百元').first().waitFor()
  await page.getByRole('button', { name: /^确认/ }).first().click()
  await page.getByText('敏感', { exact: true }).waitFor()
  await page.getByRole('button', { name: '改为内部' }).click()
  await page.locator('.el-dialog textarea').fill('已去掉个案情况')
  await page.getByRole('button', { name: '改密级' }).click()
  await page.getByText('内部', { exact: true }).waitFor()
  await page.locator('.el-message').last().waitFor({ state: 'detached' })
  assert.deepEqual(await axe(page, false), [])
  await closed(page)
})

it('a_list_of_words_is_tried_on_the_city_s_documents_and_then_brought_in', async () => {
  const page = await site.device(WIDE)
  await signIn(site, page, OFFICER, '#/shield')
  await page.getByRole('button', { name: '导入词表' }).click()
  await page.getByLabel('或者贴在这里').fill('黄铁矿暗号\n高龄津贴\n红铁矿暗号\n')
  await page.getByLabel('名称').fill('第一批')
  assert.deepEqual(await axe(page, false), [])
  await page.getByRole('button', { name: '先试一试' }).click()
  await page.getByText(/2 个词会用；1 个在本市的文件里也会出现/).waitFor()
  await page.locator('.ordinary', { hasText: '高龄津贴' }).waitFor()
  await page.getByRole('button', { name: '导入 2 个词' }).click()
  await page.getByText(/第 1 版，2 个词在用，1 个会误拦/).waitFor()
  await closed(page)
})

it('the_officer_chooses_what_becomes_of_injection_in_an_application', async () => {
  const page = await site.device(WIDE)
  await signIn(site, page, OFFICER, '#/keys')
  await page.getByRole('button', { name: /发放/ }).first().click()
  const form = page.locator('.key-form')
  await form.getByLabel('应用名称').fill('注入试验')
  await form.locator('#key-department').click()
  await page.locator('.el-select-dropdown__item').first().click()
  assert.ok(await form.getByRole('radio', { name: /拦下/ }).isChecked(), 'the careful one from the start')
  await form.getByText('标记后放行').click()
  await form.getByRole('button', { name: /发放|保存/ }).click()
  await page.getByText(/sk-tb-/).first().waitFor()
  const made = await page.evaluate(async () => (await (await fetch('/api/keys?q=' + encodeURIComponent('注入试验'))).json()).items[0])
  assert.equal(made.injection, 'mark')
  await closed(page)
})
