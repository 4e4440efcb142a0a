"""Keys that open an account: tokens in the formats of those who issue them, private keys, crypto addresses."""

import re

from instructkit.filters.pii import checks
from instructkit.filters.pii.detector import Detector, Family, Span, checked

# the formats, as the issuers document them and their secret scanners look for them: the mark that is the same in all
# keys of an issuer, and what is secret
_ISSUED = (
    ("(?:AKIA|ASIA|ABIA|ACCA)", "[A-Z2-7]{16}"),  # Amazon Web Services
    ("gh[pousr]_", "[A-Za-z0-9]{36,251}"),  # GitHub
    ("github_pat_", "[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"),
    ("gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent)-", "[A-Za-z0-9_-]{20,64}"),  # GitLab
    ("sk-ant-", "[A-Za-z0-9]{3,8}-[A-Za-z0-9_-]{40,200}"),  # Anthropic
    ("sk-(?:proj|svcacct|admin|or-v1)-", "[A-Za-z0-9_-]{20,220}"),  # OpenAI, OpenRouter
    ("sk-", "[A-Za-z0-9]{20,64}"),  # OpenAI, DeepSeek
    ("[sr]k_(?:live|test)_", "[A-Za-z0-9]{10,247}"),  # Stripe
    ("whsec_", "[A-Za-z0-9+/=]{24,64}"),
    ("AIza", "[A-Za-z0-9_-]{35}"),  # Google
    ("GOCSPX-", "[A-Za-z0-9_-]{28}"),
    (r"ya29\.", "[A-Za-z0-9_-]{20,512}"),
    ("xox[abeoprs]-", "[A-Za-z0-9-]{10,250}"),  # Slack
    ("xapp-", "[0-9]-[A-Z0-9]{8,16}-[0-9]{8,16}-[A-Za-z0-9]{32,80}"),
    (r"hooks\.slack\.com/services/", "T[A-Z0-9]{6,12}/B[A-Z0-9]{6,12}/[A-Za-z0-9]{20,32}"),
    ("hf_", "[A-Za-z0-9]{34,40}"),  # Hugging Face
    (r"SG\.", r"[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}"),  # SendGrid
    ("(?:SK|AC)", "[0-9a-f]{32}"),  # Twilio
    ("key-", "[0-9a-f]{32}"),  # Mailgun
    ("", "[0-9a-f]{32}-us[0-9]{1,2}"),  # Mailchimp
    ("npm_", "[A-Za-z0-9]{36}"),
    ("pypi-AgE", "[A-Za-z0-9_-]{50,250}"),
    ("dop_v1_", "[0-9a-f]{64}"),  # DigitalOcean
    ("dapi", "[0-9a-f]{32}(?:-[0-9])?"),  # Databricks
    ("shp(?:at|ca|pa|ss)_", "[0-9a-fA-F]{32}"),  # Shopify
    ("sq0(?:atp|csp)-", "[A-Za-z0-9_-]{22,43}"),  # Square
    ("EAAA", "[A-Za-z0-9_-]{60}"),
    ("gsk_", "[A-Za-z0-9]{48,56}"),  # Groq
    ("xai-", "[A-Za-z0-9]{70,90}"),
    ("pplx-", "[A-Za-z0-9]{40,56}"),  # Perplexity
    ("r8_", "[A-Za-z0-9]{37}"),  # Replicate
    ("ntn_", "[A-Za-z0-9]{40,50}"),  # Notion
    ("secret_", "[A-Za-z0-9]{43}"),
    ("lin_(?:api|oauth)_", "[A-Za-z0-9]{32,64}"),  # Linear
    ("figd_", "[A-Za-z0-9_-]{40,44}"),  # Figma
    ("glsa_", "[A-Za-z0-9]{32}_[0-9a-f]{8}"),  # Grafana
    (r"hv[sb]\.", "[A-Za-z0-9_-]{24,200}"),  # HashiCorp Vault
    ("dckr_pat_", "[A-Za-z0-9_-]{27}"),  # Docker
    ("PMAK-", "[0-9a-f]{24}-[0-9a-f]{34}"),  # Postman
    ("NRAK-", "[A-Z0-9]{27}"),  # New Relic
    ("ATATT3", "[A-Za-z0-9_=-]{60,250}"),  # Atlassian
    ("sntrys_", "[A-Za-z0-9+/=_]{50,250}"),  # Sentry
    ("sbp_", "[0-9a-f]{40}"),  # Supabase
    ("xkeysib-", "[0-9a-f]{64}-[A-Za-z0-9]{16}"),  # Brevo
    ("AGE-SECRET-KEY-1", "[A-Z0-9]{58}"),
    ("LTAI", "[A-Za-z0-9]{12,20}"),  # Alibaba Cloud
    ("AKID", "[A-Za-z0-9]{32}"),  # Tencent Cloud
    ("", "[0-9]{8,10}:AA[A-Za-z0-9_-]{33}"),  # Telegram
    ("", r"[MNO][A-Za-z0-9]{23,25}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,38}"),  # Discord
    ("eyJ", r"[A-Za-z0-9_-]{10,4096}\.eyJ[A-Za-z0-9_-]{4,8192}\.[A-Za-z0-9_-]{10,2048}"),  # JSON Web Token (RFC 7519)
)
_PREFIXES = (
    r"A[KSBC]IA|ACCA|gh[pousr]_|github_pat_|gl[a-z]{2,5}-|sk-|[sr]k_|whsec_|AIza|GOCSPX|ya29|xox|xapp-|hooks\.slack|hf_|SG\.|"
    r"(?:SK|AC|key-)[0-9a-f]{32}|-us[0-9]|npm_|pypi-|dop_v1|dapi|shp|sq0|EAAA|gsk_|xai-|pplx-|r8_|ntn_|secret_|lin_|figd_|"
    r"glsa_|hv[sb]\.|dckr_|PMAK|NRAK|ATATT3|sntrys|sbp_|xkeysib|AGE-SECRET|LTAI|AKID|:AA|\.[A-Za-z0-9_-]{6}\.|eyJ"
)
MARK = re.compile("|".join(mark for mark, _ in _ISSUED if mark))
FRAME = re.compile(r"-----(?:BEGIN|END) [A-Z ]{0,20}PRIVATE KEY(?: BLOCK)?-----")  # of a private key
_VERSIONS = (0x00, 0x05, 0x1E, 0x16, 0x30, 0x32, 0x41, 0x4C, 0x80)  # Bitcoin, Dogecoin, Litecoin, Tron, Dash, keys


def _key(match: re.Match[str]) -> Span | None:
    """Not one that only shows the format, as sk-xxxxxxxxxxxxxxxx does."""
    return match.span() if len(set(match[0][-20:])) > 6 else None


def _mixed(match: re.Match[str]) -> Span | None:
    """Of large and small letters and digits, as chance makes them: no path, no hash, no sample of x."""
    value = match[1]
    kinds = {"A" if one.isupper() else "a" if one.islower() else "0" for one in value if one.isalnum()}
    return match.span(1) if len(kinds) == 3 and len(set(value)) > 12 else None


def _coin(text: str) -> bool:
    data = checks.base58(text)
    if data is not None:
        return len(data) in (21, 33, 34) and data[0] in _VERSIONS
    ripple = checks.base58(text, checks.RIPPLE58) if text[0] == "r" else None
    return ripple is not None and len(ripple) == 21


def _segwit(text: str) -> bool:
    return checks.bech32(text.lower()) in (1, 0x2BC830A3) and text in (text.lower(), text.upper())


def _ether(text: str) -> bool:
    return len(set(text[2:].lower())) > 4


SECRETS = Family(
    r"[A-Za-z0-9_-]{20}|[Ss]ecret|SECRET|[Aa]ccount ?[Kk]ey|-----BEGIN|\.[A-Za-z0-9_-]{6}\.|hooks\.slack|ya29|SG\.",
    (
        Detector(
            "KEY",
            "-----BEGIN",
            re.compile(
                r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY(?: BLOCK)?-----[^\x00-]{20,8192}"
                r"(?:-----END [A-Z ]{0,20}PRIVATE KEY(?: BLOCK)?-----)?"
            ),
            _key,
        ),
        Detector(
            "KEY",
            _PREFIXES,
            re.compile(rf"(?<![A-Za-z0-9_-])(?:{'|'.join(map(''.join, _ISSUED))})(?![A-Za-z0-9])"),
            _key,
        ),
        Detector(  # of Amazon and of Azure: they have no mark of their own, so a word in front decides
            "KEY",
            r"(?i:secret[ _-]?(?:access[ _-]?)?key|account ?key)",
            re.compile(
                r"[SsAa](?i:ecret[ _-]?(?:access[ _-]?)?key|ccount ?key)"
                r"(?:[\"'`]|</?[A-Za-z]{1,20}>)?[^\S\x00]{0,4}(?:=>|:=|[:=：]|is|是|为)?[^\S\x00]{0,4}[\"'`]?"
                r"(?<![A-Za-z0-9/+])([A-Za-z0-9/+]{40}|[A-Za-z0-9/+]{86}==)(?![A-Za-z0-9/+=])"
            ),
            _mixed,
        ),
        Detector(
            "CRYPTO",
            r"[13LMDTXr5KP9][1-9A-HJ-NP-Za-km-z]{25}",
            re.compile(r"[13LMDTXr5KP9](?<![0-9A-Za-z_/+=-].)[1-9A-HJ-NP-Za-km-z]{25,51}(?![0-9A-Za-z_/+=])"),
            checked(_coin),
        ),
        Detector(
            "CRYPTO",
            r"(?i:bc1|ltc1|tb1)[a-z0-9]{20}",
            re.compile(r"(?<![0-9A-Za-z_])(?:bc1|BC1|ltc1|LTC1|tb1|TB1)[0-9A-Za-z]{20,74}(?![0-9A-Za-z_])"),
            checked(_segwit),
        ),
        Detector(
            "CRYPTO",
            r"0x[0-9A-Fa-f]{40}",
            re.compile(r"0x(?<![0-9A-Za-z_]0x)[0-9A-Fa-f]{40}(?![0-9A-Za-z_])"),
            checked(_ether),
        ),
    ),
)
