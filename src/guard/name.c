#include "guard/name.h"

#include "base/utf8.h"
#include "guard/mask_int.h"

/* The commonest single-character family names; a name model comes with the guard issue. */
static bool is_family_name(struct str c)
{
    static const char names[] =
        "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏"
        "苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵"
        "万覃武钱戴严莫孔温康施牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚"
        "符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳穆"
        "农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫柏宗瞿桂全佟应臧闵苟邬边卞姬师栾隋刁沙"
        "荣巫寇桑郎甄丛仲虞敖巩佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥班储原栗燕楚鄢劳谌奚";

    return str_has(str_z(names), c);
}

/* A name after words that announce one: two or three characters, the first a family name; a
 * function word ends it, so that 我叫张伟今年78 gives 张伟. */
static size_t name_at(struct str s)
{
    static const char stops[] = "的在是今我他她有了和与就想要去从住来到户不也能可";
    size_t at = 0, chars = 0;

    while (chars < 3 && at < s.n) {
        size_t start = at;
        bool han = mask_is_han(utf8_next(s, &at));
        struct str c = str_sub(s, start, at - start);

        if (chars == 0 && (!han || !is_family_name(c)))
            return 0;
        if (!han || (chars >= 1 && str_has(str_z(stops), c))) {
            at = start;
            break;
        }
        chars++;
    }
    return chars >= 2 ? at : 0;
}

static const char *const cues[] = {
    "我叫",   "我名叫",   "姓名：", "姓名:",  "姓名是", "名字叫", "本人姓名",
    "名叫",   "联系人：", "户主是", "孩子叫", "儿子叫", "女儿叫", "老婆叫",
    "老公叫", "妈妈叫",   "爸爸叫", "母亲叫", "父亲叫",
};

size_t name_at_cue(struct str s, size_t at, size_t *from)
{
    struct str rest = str_from(s, at);

    for (size_t i = 0; i < sizeof cues / sizeof cues[0]; i++)
        if (str_starts(rest, str_z(cues[i]))) {
            *from = at + strlen(cues[i]);
            return name_at(str_from(s, *from));
        }
    return 0;
}
