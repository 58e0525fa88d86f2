#!/usr/bin/env python3
"""Texts with personal numbers in the forms in which people write them, and look-alikes that are none; every number is
made up. One JSON object a line: {"text","spans":[{"start","end","type"}]}. Usage: identifiers.py [SEED [TEXTS]]"""
import json
import random
import sys

R = random.Random(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
N = int(sys.argv[2]) if len(sys.argv) > 2 else 2000
HAN = "〇一二三四五六七八九"
CAPITAL = "零壹贰叁肆伍陆柒捌玖"
SPOKEN = "零幺二三四五六七八九"
AREAS = ["110105", "310115", "440305", "510107", "330106", "420106", "620102", "810000", "820000", "830000"]
ISSUERS = [("622202", 19), ("621700", 19), ("622848", 19), ("625955", 16), ("436742", 16), ("518710", 16), ("955880", 19),
           ("623058", 16), ("356827", 16), ("621226", 19), ("602907", 16)]


def digits(n):
    return "".join(R.choice("0123456789") for _ in range(n))


def date():
    return f"{R.randint(1935, 2024)}{R.randint(1, 12):02}{R.randint(1, 28):02}"


def id_card():
    p = R.choice(AREAS) + date() + digits(3)
    w = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    return p + "10X98765432"[sum(int(c) * k for c, k in zip(p, w)) % 11]


def mobile():
    return "1" + R.choice("3456789") + digits(9)


def luhn(p):
    s = 0
    for i, c in enumerate(reversed(p)):
        d = int(c) * (2 if i % 2 == 0 else 1)
        s += d - 9 if d > 9 else d
    return p + str(-s % 10)


def bank_card():
    head, n = R.choice(ISSUERS)
    return luhn(head + digits(n - 1 - len(head)))


def credit_code():
    chars = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    p = R.choice(["91", "92", "93", "52", "11", "12"]) + R.choice(AREAS[:6]) + R.choice(["MA" + "".join(R.choice(chars) for _ in range(7)), "".join(R.choice(chars[:10]) for _ in range(8)) + R.choice(chars)])
    s = sum(chars.index(c) * pow(3, i, 31) for i, c in enumerate(p))
    return p + chars[(31 - s % 31) % 31]


def landline():
    area = R.choice(["010", "021", "028", "0571", "0755", "0931", "0379"])
    return area, R.choice("23456789") + digits(7 if len(area) == 3 or R.random() < .5 else 6)


def full(s):
    return "".join(chr(ord(c) + 0xfee0) if c.isalnum() and ord(c) < 128 else c for c in s)


def group(s, sizes, gap):
    out, at = [], 0
    for n in sizes:
        out.append(s[at:at + n])
        at += n
    return gap.join(x for x in out + [s[at:]] if x)


def spoken(s, table):
    return "".join(table[int(c)] if c.isdigit() else c for c in s)


def form(s, sizes):
    """A number as somebody writes it."""
    k = R.random()
    if k < .4:
        return s
    if k < .55:
        return group(s, sizes, R.choice([" ", "-", " ", "  ", "　"]))
    if k < .65:
        return full(s)
    if k < .75:
        return spoken(s, R.choice([HAN, CAPITAL, SPOKEN]))
    if k < .85:
        n = R.randint(3, len(s) - 3)
        return s[:n] + "\n" + s[n:]
    if k < .9:
        return " ".join(s)
    if k < .95:
        return full(group(s, sizes, "－"))
    return s.lower()


def number(kind):
    if kind == "id_card":
        return form(id_card(), [6, 8, 4])
    if kind == "mobile":
        s = form(mobile(), [3, 4, 4])
        return R.choice(["", "", "", "+86 ", "86-", "0086"]) + s if s[0] == "1" and s.isdigit() else s
    if kind == "bank_card":
        return form(bank_card(), [4, 4, 4, 4, 3])
    if kind == "credit_code":
        s = form(credit_code(), [2, 6, 9, 1])
        return s
    if kind == "landline":
        a, b = landline()
        return R.choice([a + "-" + b, a + b, a + " " + b, "(" + a + ")" + b, "（" + a + "）" + b, full(a + "-" + b), a + "－" + b[:4] + " " + b[4:]])
    if kind == "passport":
        return R.choice(["E" + digits(8), "G" + digits(8), "E" + R.choice("ABCDEFGHJKLM") + digits(7), full("E" + digits(8))])
    if kind == "permit":
        return R.choice(["H" + digits(8), "M" + digits(8), "C" + digits(8), "H" + digits(10), "L" + digits(8), "CA" + digits(7)])
    if kind == "email":
        return R.choice(["zhang.wei", "wang_fang88", "li-na", "a1b2c3", "13800001111"]) + "@" + R.choice(["qq.com", "163.com", "mail.gov.cn", "example.com.cn"])
    if kind == "plate":
        p = R.choice("京沪川粤浙苏鲁豫湘鄂") + R.choice("ABCDEFG") + R.choice(["", "", "·", " "])
        return p + R.choice(["".join(R.choice("0123456789ABCDEFGH") for _ in range(3)) + digits(2), "D" + digits(5)])
    if kind == "birth_date":
        y, m, d = R.randint(1940, 2024), R.randint(1, 12), R.randint(1, 28)
        return R.choice([f"{y}年{m}月{d}日", f"{y}-{m:02}-{d:02}", f"{y}.{m}.{d}", f"{y}{m:02}{d:02}", f"{y}/{m}/{d}"])
    if kind == "medical_record":
        return R.choice(["", "ZY", "M"]) + digits(R.randint(6, 10))
    if kind == "household_number":
        return digits(R.randint(8, 12))
    return f"（{R.randint(2016, 2026)}）{R.choice('川京浙')}{R.choice(['01', '0105', '0108'])}{R.choice(['民初', '民终', '刑初', '执', '行初'])}{R.randint(1, 9999)}号"


SAID = {
    "id_card": ["我的身份证号是{}，帮我查一下", "身份证{}", "身份证号码：{}", "证件号 {}，户口在本地", "（{}）这个人的低保停了", "老人{}的高龄津贴没到账", "公民身份号码:{}。"],
    "mobile": ["打我电话{}就行", "手机：{}", "联系方式{}，急", "张师傅{}没人接", "有事call {}", "回电{}谢谢", "微信同号{}"],
    "bank_card": ["补贴打到{}", "银行卡号{}", "卡号：{}（工行）", "账号 {} 没收到钱", "工资卡是{}，请核对"],
    "credit_code": ["统一社会信用代码{}", "公司信用代码：{}", "营业执照上的代码是{}，想变更地址", "{}这家公司欠薪"],
    "landline": ["座机{}", "家里电话{}打不通", "固话：{}", "请回拨{}"],
    "passport": ["护照号{}", "护照：{}，要办居留", "持护照{}入境"],
    "permit": ["港澳通行证号码{}", "回乡证{}怎么办社保", "台湾居民来往大陆通行证：{}", "港澳居民来往内地通行证 {}"],
    "email": ["发到{}", "邮箱：{}", "请回信{}，谢谢", "mail: {} "],
    "plate": ["车牌{}被拍了", "我的车{}停在楼下", "{}占用消防通道", "举报{}逆行"],
    "birth_date": ["出生日期：{}", "生日{}，男", "出生年月日 {}", "生于{}"],
    "medical_record": ["病历号{}", "住院号：{}", "门诊号 {}", "就诊卡号是{}"],
    "household_number": ["户号{}", "燃气户号：{}", "用户编号 {}", "缴费户号是{}停电了"],
    "case_number": ["案号{}什么时候开庭", "我的案子{}还没执行", "判决书{}"],
}


def wrong_id():
    s = id_card()
    return s[:17] + R.choice([c for c in "0123456789X" if c != s[17]])


def wrong_card():
    s = bank_card()
    return s[:-1] + str((int(s[-1]) + R.randint(1, 9)) % 10)


LOOKS = [
    lambda: f"订单号{wrong_id()}还没发货", lambda: f"快递单号{wrong_card()}", lambda: f"缴费{R.randint(1000, 99999999)}元",
    lambda: f"明政发〔{R.randint(2015, 2026)}〕{R.randint(1, 99)}号第{R.randint(1, 60)}条", lambda: "打12345没人接，12315也打了",
    lambda: f"{R.randint(2000, 2026)}年{R.randint(1, 12)}月{R.randint(1, 28)}日提交的材料", lambda: f"工单编号{digits(14)}",
    lambda: f"总投资{R.randint(10000000000, 19999999999)}元", lambda: f"400-820-{digits(4)}客服", lambda: f"面积{digits(3)}.{digits(2)}平方米",
    lambda: f"第{mobile()}号文件", lambda: f"公积金月缴{R.randint(1000, 5000)}，余额{R.randint(10000, 999999)}",
    lambda: f"GB/T {R.randint(10000, 99999)}-{R.randint(2000, 2025)}", lambda: f"ISBN 978-7-{digits(3)}-{digits(5)}-{digits(1)}",
    lambda: f"一共{R.randint(150, 180)} 200 300 40这几笔", lambda: f"收费标准 15 20 30 40 50 60 元", lambda: f"邮编{digits(6)}",
    lambda: "一九九八年到二〇一二年一直在厂里", lambda: f"2025年{R.randint(1, 12)}月1日以后出生的婴儿", lambda: f"型号A{digits(8)}的冰箱",
    lambda: f"比例1:{digits(4)}，共{digits(3)},{digits(3)},{digits(3)}人", lambda: f"IP是192.168.{R.randint(0, 255)}.{R.randint(0, 255)}",
    lambda: f"统计代码{credit_code()[:17]}", lambda: f"从{R.randint(8, 11)}:30到{R.randint(13, 18)}:00", lambda: "京东A座1201会议室",
]


def text():
    out, spans = "", []
    for _ in range(R.randint(1, 4)):
        if R.random() < .35:
            out += R.choice(LOOKS)()
        else:
            kind = R.choice(list(SAID))
            before, after = R.choice(SAID[kind]).split("{}")
            n = number(kind)
            spans.append({"start": len(out + before), "end": len(out + before + n), "type": kind})
            out += before + n + after
        out += R.choice(["。", "，", "；", "\n", "！"])
    return {"text": out, "spans": spans}


for _ in range(N):
    print(json.dumps(text(), ensure_ascii=False))
