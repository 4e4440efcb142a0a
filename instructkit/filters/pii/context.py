"""Words beside a number that say what it is."""

import re
from dataclasses import dataclass

_WORD = re.compile(r"[a-z]+")
_PLAIN = {code: chr(code).lower() if chr(code).isalpha() else " " for code in range(128)}
# a thought ends at a number, at the end of a sentence, at an amount's sign
_STOP = re.compile(r"(?s).*(?:[0-9!?;。！？；=$€£¥￥\x00]|\.\s+[A-Z])")


@dataclass(frozen=True)
class Words:
    """Words of English, found whole in any case, and of Chinese, found anywhere."""

    english: frozenset[str]
    chinese: re.Pattern[str]

    @classmethod
    def of(cls, english: str, chinese: str) -> "Words":
        """From words with spaces between."""
        return cls(frozenset(english.split()), re.compile("|".join(chinese.split())))

    def in_(self, text: str) -> bool:
        """Whether one of them stands in a text."""
        if text.isascii():
            return not self.english.isdisjoint(text.translate(_PLAIN).split())
        return self.chinese.search(text) is not None or not self.english.isdisjoint(_WORD.findall(text.lower()))


def thought(match: re.Match[str], length: int = 40) -> str:
    """What was said in front of a match since the last number or sentence."""
    start = match.start()
    low = start - length if start > length else 0
    stop = _STOP.match(match.string, low, start)
    return match.string[stop.end() - 1 if stop else low : start]


# a number of these is no card, no phone, however it looks
OTHER_NUMBER = Words.of(
    "order orders invoice tracking ticket serial sku isbn issn ean upc gtin imei doi uuid hash build parcel shipment "
    "transaction reference ref case model part item product batch lot quantity population id version page pages "
    "year price "
    "total sum amount usd eur rmb cny gbp section chapter line lines qq zip meeting",
    "订单 单号 运单 流水 编号 编码 型号 批号 条码 条形码 工单 快递单 货号 序列号 股票 代码 成交量 圆周率 学号 "
    "工号 准考证 金额 总数 人口 发票 房间 房号 文号 国药准字 许可证 会议 合同 档案 病历 票号 座位 税号 "
    "版本 页码 群号 邮编 邮政编码 QQ",
)
PHONE = Words.of(
    "phone phones telephone tel tele mobile mobiles cell cellphone cellular handy fax landline hotline call "
    "calls called "
    "calling dial text sms whatsapp wechat viber signal telegram reach reached contact message messages answering "
    "registered voicemail extension handphone telefon telefono telefone telefoon telefonnummer rufnummer mobil mobiel "
    "celular appelez appeler joindre ring",
    "电话 手机 (?<![\u4e00-\u9fff])号码 (?<=[的个])号码 座机 固话 拨 致电 来电 联系 热线 传真 微信 短信 打给 呼叫 "
    "電話 手機 致電 聯繫 聯絡 傳真 [Тт]елефон [Тт]ел\\. звон",
)
CARD = Words.of(
    "card cards cc visa mastercard amex discover maestro unionpay pan creditcard debit credit",
    "卡 银联 账号 帐号 账户 帐户 储蓄",
)
SOCIAL = Words.of("ssn social itin taxpayer", "社会安全")
INSURANCE = Words.of("insurance nino ni", "国民保险")
PASSPORT = Words.of("passport", "护照")
CAR = Words.of("plate plates license licence vehicle car cars", "车牌 号牌 车主 牌照 车辆 轿车 驾驶")
MACHINE = Words.of(
    "ip ips ipv server host hosts hostname addr address ping gateway dns subnet router proxy node client login",
    "服务器 地址 网关 主机 域名 代理 登录 登陆",
)
NETWORK_CARD = Words.of(
    "mac bssid hwaddr ether ethernet lladdr arp nic wifi wi wlan lan bluetooth address addr device adapter interface "
    "router host dhcp",
    "网卡 物理地址 地址 设备 蓝牙 路由器 主机",
)
VERSION = Words.of(
    "v ver version versions release released build firmware driver patch update updated upgrade upgraded "
    "section sect sec "
    "chapter clause article paragraph figure table rfc",
    "版 固件 升级 更新 章 节 第 条款",
)
