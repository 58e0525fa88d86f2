// What the verbs of the trail mean, in words. An unknown one is shown as it is.
const VERBS: Record<string, string> = {
  'session.start': '登录', 'session.end': '退出', 'session.show': '打开工作台', 'session.password': '换密码',
  'user.add': '开通账号', 'user.lock': '停用账号', 'user.unlock': '恢复账号', 'user.reset': '重置密码', 'user.role': '改角色', 'user.list': '看用户',
  'session.code': '输入动态口令', 'session.certificate': '证书登录', 'session.oidc': '去统一认证', 'session.oidc_back': '统一认证登录', 'session.totp_begin': '开始绑定动态口令', 'session.totp_on': '绑定动态口令', 'session.totp_off': '停用动态口令', 'session.end_one': '退出自己的一处登录',
  'user.totp': '解除动态口令', 'user.sessions': '看登录情况', 'user.session_end': '结束登录',
  'access.rules': '改访问规则', 'access.show': '看访问规则', 'department.move': '改部门的上级', 'purpose.declare': '说明用途',
  'approval.ask': '申请双人确认', 'approval.list': '看双人确认', 'approval.confirm': '确认别人的申请', 'approval.refuse': '不同意申请', 'approval.emergency': '服务器上紧急操作',
  'audit.keep': '改审计保存天数', 'audit.hold': '冻结审计记录', 'audit.unhold': '解除冻结', 'audit.prune': '归档审计记录', 'audit.figures': '看审计图表',
  'personal.find': '查找个人信息', 'personal.carry': '更正或删除个人信息', 'personal.list': '看个人信息请求', 'personal.show': '看一个个人信息请求',
  'keys.rotate': '更换系统密钥', 'keys.renew': '重建系统密钥', 'keys.reseal': '换密钥后重新加密', 'keys.forget': '删除旧主密钥',
  'policy.ask': '市民提问', 'policy.read': '再看一次问答', 'policy.conversation': '看一次对话', 'policy.feedback': '评价回答',
  'handoff.ask': '转人工', 'handoff.mine': '看自己的回执', 'handoff.status': '查回复', 'handoff.list': '看收件箱', 'handoff.open': '打开一件', 'handoff.take': '接手一件', 'handoff.release': '放回收件箱', 'handoff.reply': '回复市民',
  'order.intake': '提交诉求', 'order.check': '填写诉求', 'order.mine': '看自己的诉求', 'order.find': '查诉求进展', 'order.own_step': '办自己的诉求', 'order.list': '看工单列表', 'order.enter': '登记诉求', 'order.board': '看热线看板', 'order.bulk': '批量办工单', 'order.open': '看一张工单', 'order.step': '办一步工单', 'order.dispatch': '派单', 'order.recall': '撤回派单', 'order.change': '修改工单要素', 'order.accept': '签收工单', 'order.return': '退单', 'order.uphold': '驳回退单', 'order.start': '开始办理', 'order.help': '邀请协办', 'order.note': '记录办理进展', 'order.extend': '延期', 'order.reply': '提交答复', 'order.answer': '直接答复', 'order.sign': '签发答复', 'order.send_back': '退回答复', 'order.visit': '回访', 'order.rework': '重办', 'order.close': '办结', 'order.merge': '并单', 'order.withdraw': '撤销诉求', 'order.void': '作废工单', 'order.urge': '催办', 'order.supervise': '督办', 'order.release': '解除督办', 'order.remind': '到期提醒', 'order.escalate': '逾期升级', 'order.alike': '看相似工单', 'hotline.hot': '看热点问题', 'hotline.map': '看热线地图', 'hotline.report': '看民情报告', 'hotline.report_export': '导出民情报告', 'order.import': '导入诉求', 'order.reply_check': '核查答复',
  'standard.list': '看标准问答', 'standard.new': '写标准回答', 'standard.change': '改标准回答', 'standard.approve': '批准标准回答', 'review.list': '看审签队列', 'review.open': '看一份稿件', 'review.take': '打开稿件', 'review.edit': '改稿', 'review.sign': '签发', 'review.sign_all': '一起签发', 'review.return': '退回稿件', 'review.hand': '转交稿件', 'review.withdraw': '撤回稿件', 'review.escalate': '逾期转签', 'review.samples': '看抽查', 'review.sampled': '判定抽查', 'standard.withdraw': '撤下标准回答',
  'knowledge.list': '看文件列表', 'knowledge.read': '看文件', 'knowledge.search': '找条款', 'search.tune': '采用学到的检索排序', 'search.untune': '恢复默认检索排序', 'knowledge.original': '下载原件', 'knowledge.manage': '看知识库', 'knowledge.version': '看读出的内容',
  'knowledge.upload': '上传文件', 'knowledge.ingest': '读入文件', 'knowledge.confirm': '确认文件', 'knowledge.withdraw': '撤下文件', 'knowledge.classify': '改文件密级', 'knowledge.sensitive': '查看敏感文件',
  'audit.list': '看操作记录', 'audit.verify': '核对全部记录', 'audit.export': '导出记录', 'trail.list': '看一问一答', 'trail.open': '看一次问答的全过程',
  'overview.show': '看今天', 'job.list': '看任务', 'job.show': '看任务进度', 'job.cancel': '停下任务', 'city.show': '看城市资料',
  'model.chat': '应用对话', 'model.complete': '应用续写', 'model.embed': '应用求向量', 'model.rerank': '应用重排', 'model.transcribe': '应用转写语音', 'model.list': '应用看模型',
  'key.list': '看密钥', 'key.show': '看一个密钥', 'key.add': '发放密钥', 'key.change': '改密钥', 'key.revoke': '停用密钥', 'key.rotate': '更换密钥',
  'usage.show': '看用量', 'usage.export': '导出用量', 'engine.list': '看模型网关', 'engine.drain': '停止或恢复引擎接收', 'call.show': '看一次调用', 'call.content': '看调用内容', 'books.keep': '改调用内容保留天数',
  'session.ways': '看有哪些登录方式', 'session.totp': '看动态口令', 'session.list': '看自己的登录情况', 'purpose.show': '看用途说明', 'department.tree': '看部门上下级', 'audit.keeping': '看审计保存情况',
  'correction.list': '看更正', 'correction.add': '更正一个回答', 'correction.sibling': '处理相近的回答', 'correction.export': '导出训练数据',
  'policy.export': '保存回答', 'trail.export_one': '导出一次问答',
  'employee.list': '看数智员工', 'employee.show': '看一个数智员工', 'employee.change': '改数智员工', 'employee.undo': '撤销对数智员工的改动', 'employee.switch': '开关数智员工', 'employee.apply': '申请进入下一阶段', 'employee.sign': '签署阶段申请', 'employee.answers': '看数智员工的回答', 'employee.judge': '评判数智员工的回答',
  'leave.list': '看请假', 'leave.add': '登记请假', 'leave.end': '提前销假',
  'incident.list': '看事件', 'incident.show': '看一个事件', 'incident.check': '立即检查预警', 'incident.handle': '处置事件',
  'egress.show': '看外联名单', 'egress.add': '加一个外联地址', 'egress.end': '停用外联地址', 'mail.show': '看邮件设置', 'mail.sign': '签发邮件模板', 'limits.show': '看限流情况', 'limits.change': '改限流', 'limits.undo': '恢复限流',
  'words.show': '看词表', 'words.try': '试词表', 'words.import': '导入词表', 'words.undo': '恢复上一版词表', 'words.drop': '停用词表',
  'backup.make': '做备份', 'backup.restore': '恢复备份', 'setup.city': '装入城市资料', 'setup.messages': '装入示例诉求',
}
export const verbTitle = (verb: string): string => VERBS[verb] ?? verb
export const VERB_CHOICES = Object.entries(VERBS).filter(([v]) => !/\.(list|show|mine|status|manage|read|version|conversation)$/.test(v))

const OUTCOMES: Record<string, string> = {
  ok: '办成', invalid: '内容不对', unauthorised: '没有登录', forbidden: '没有权限', not_found: '没有找到', conflict: '别人先改了', too_large: '太大',
  unsupported: '不支持', limited: '太频繁', cancelled: '中途停下', timeout: '超时', upstream: '引擎出错', busy: '太忙', store: '数据库出错', corrupt: '数据损坏', internal: '内部出错',
}
export const outcomeTitle = (outcome: string): string => OUTCOMES[outcome] ?? outcome

// How an exchange ended, in the same words everywhere.
export const ENDINGS: Record<string, string> = {
  standard: '标准回答', answered: '按依据回答', partial: '只给了原文', not_found: '没有找到', refused: '按规定拒答', failed: '没有办成', referred: '转给人工', waiting: '等待签发', signed: '签发后答复', cancelled: '中途停下', broken: '中途断了',
}
export const endingTitle = (outcome: string): string => ENDINGS[outcome] ?? outcome
