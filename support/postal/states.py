"""States: one code for each, and how each platform spells it."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from support.postal import rules
from support.postal.text import cleaned, folded

# One since 2020; shops know the two that it was.
DAMAN = "Dadra and Nagar Haveli and Daman and Diu"
# Where every state is written alike: by its number in ISO 3166-2, or by its name.
CODES: dict[str, dict[str, str]] = {
    "shopify": {
        "AE": "{iso}", "AR": "{iso}", "CL": "{iso}", "CO": "{iso}", "EG": "{iso}", "ID": "{iso}",
        "IE": "{iso}", "IN": "{iso}", "JP": "JP-{iso}", "KR": "KR-{iso}", "NG": "{iso}",
        "PE": "PE-{iso}", "PH": "PH-{iso}", "TH": "TH-{iso}",
    },
    "woocommerce": {
        "AE": "{name}", "AR": "{iso}", "CL": "CL-{iso}", "EG": "EG{iso}", "ID": "{iso}",
        "IE": "{iso}", "IN": "{iso}", "JM": "JM-{iso}", "JP": "JP{iso}", "MZ": "MZ{iso}",
        "NG": "{iso}", "PE": "{iso}", "PH": "{iso}", "TH": "TH-{iso}", "TR": "TR{iso}",
        "VE": "{iso}",
    },
}  # fmt: skip
# (our code, Shopify's, WooCommerce's); '' where the pattern above holds, or none exists.
PAIRS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "CN": (
        ("云南省", "YN", "CN1"), ("北京市", "BJ", "CN2"), ("天津市", "TJ", "CN3"),
        ("河北省", "HE", "CN4"), ("山西省", "SX", "CN5"), ("内蒙古自治区", "NM", "CN6"),
        ("辽宁省", "LN", "CN7"), ("吉林省", "JL", "CN8"), ("黑龙江省", "HL", "CN9"),
        ("上海市", "SH", "CN10"), ("江苏省", "JS", "CN11"), ("浙江省", "ZJ", "CN12"),
        ("安徽省", "AH", "CN13"), ("福建省", "FJ", "CN14"), ("江西省", "JX", "CN15"),
        ("山东省", "SD", "CN16"), ("河南省", "HA", "CN17"), ("湖北省", "HB", "CN18"),
        ("湖南省", "HN", "CN19"), ("广东省", "GD", "CN20"), ("广西壮族自治区", "GX", "CN21"),
        ("海南省", "HI", "CN22"), ("重庆市", "CQ", "CN23"), ("四川省", "SC", "CN24"),
        ("贵州省", "GZ", "CN25"), ("陕西省", "SN", "CN26"), ("甘肃省", "GS", "CN27"),
        ("青海省", "QH", "CN28"), ("宁夏回族自治区", "NX", "CN29"), ("澳门", "", "CN30"),
        ("西藏自治区", "YZ", "CN31"), ("新疆维吾尔自治区", "XJ", "CN32"),
    ),
    "HK": (
        ("Hong Kong Island", "HK", "HONG KONG"), ("Kowloon", "KL", "KOWLOON"),
        ("New Territories", "NT", "NEW TERRITORIES"),
    ),
    "IN": (
        ("Chhattisgarh", "CG", "CT"), ("Telangana", "TS", "TS"), ("Uttarakhand", "UK", "UK"),
        (DAMAN, "", DAMAN),
    ),
    "MX": (
        ("Ags.", "AGS", "AG"), ("B.C.", "BC", "BC"), ("B.C.S.", "BCS", "BS"),
        ("Camp.", "CAMP", "CM"), ("Chis.", "CHIS", "CS"), ("Chih.", "CHIH", "CH"),
        ("CDMX", "DF", "DF"), ("Coah.", "COAH", "CO"), ("Col.", "COL", "CL"),
        ("Dgo.", "DGO", "DG"), ("Méx.", "MEX", "MX"), ("Gto.", "GTO", "GT"),
        ("Gro.", "GRO", "GR"), ("Hgo.", "HGO", "HG"), ("Jal.", "JAL", "JA"),
        ("Mich.", "MICH", "MI"), ("Mor.", "MOR", "MO"), ("Nay.", "NAY", "NA"),
        ("N.L.", "NL", "NL"), ("Oax.", "OAX", "OA"), ("Pue.", "PUE", "PU"),
        ("Qro.", "QRO", "QT"), ("Q.R.", "Q ROO", "QR"), ("S.L.P.", "SLP", "SL"),
        ("Sin.", "SIN", "SI"), ("Son.", "SON", "SO"), ("Tab.", "TAB", "TB"),
        ("Tamps.", "TAMPS", "TM"), ("Tlax.", "TLAX", "TL"), ("Ver.", "VER", "VE"),
        ("Yuc.", "YUC", "YU"), ("Zac.", "ZAC", "ZA"),
    ),
    "MY": (
        ("Johor", "JHR", "JHR"), ("Kedah", "KDH", "KDH"), ("Kelantan", "KTN", "KTN"),
        ("Kuala Lumpur", "KUL", "KUL"), ("Labuan", "LBN", "LBN"), ("Melaka", "MLK", "MLK"),
        ("Negeri Sembilan", "NSN", "NSN"), ("Pahang", "PHG", "PHG"), ("Perak", "PRK", "PRK"),
        ("Perlis", "PLS", "PLS"), ("Pulau Pinang", "PNG", "PNG"), ("Putrajaya", "PJY", "PJY"),
        ("Sabah", "SBH", "SBH"), ("Sarawak", "SWK", "SWK"), ("Selangor", "SGR", "SGR"),
        ("Terengganu", "TRG", "TRG"),
    ),
    "PH": (("Davao Occidental", "", "DAC"), ("Siquijor", "", "SIQ")),
}  # fmt: skip
# Other names that people and platforms write.
ALIASES = {
    "CA": {"Yukon Territory": "YT", "Newfoundland": "NL"},
    "CN": {"Inner Mongolia": "内蒙古自治区", "Tibet": "西藏自治区", "Macao": "澳门"},
    "HK": {"Hong Kong": "Hong Kong Island"},
    "IN": {
        "DN": DAMAN,
        "DD": DAMAN,
        "OD": "Odisha", "Orissa": "Odisha", "Pondicherry": "Puducherry",
        "Pondicherry (Puducherry)": "Puducherry",
    },
    "MX": {
        "Coahuila": "Coah.", "Estado de México": "Méx.", "Michoacán": "Mich.",
        "Querétaro": "Qro.", "Veracruz": "Ver.", "Distrito Federal": "CDMX",
    },
    "MY": {"Penang": "Pulau Pinang", "Malacca": "Melaka"},
    "NG": {"Abuja": "Federal Capital Territory", "Ogun": "Ogun State"},
    "TR": {"İçel": "Mersin"},
    "US": {"Washington DC": "DC", "Washington D.C.": "DC"},
}  # fmt: skip


def found(country: str, value: str) -> str | None:
    """The code of a state given by name or code; None where there is no such state."""
    known = _index(country)
    prefix = f"{country}-"
    code = known.get(folded(value))
    if code is None and value.upper().startswith(prefix):
        code = known.get(folded(value[len(prefix) :]))
    return code


def spelled_for(platform: str, country: str, code: str) -> str:
    """A state's code as a platform writes it."""
    at = 1 if platform == "shopify" else 2
    for row in PAIRS.get(country, ()):
        if row[0] == code and row[at]:
            return row[at]
    here = rules.of(country)
    pattern = CODES[platform].get(country)
    if pattern is None or code not in here.isos:
        return code
    return pattern.format(iso=here.isos[code], name=dict(here.choices)[code])


@functools.cache
def _index(country: str) -> dict[str, str]:
    """Codes by every spelling that means one state only."""
    known: dict[str, str] = {}
    for spellings in _layers(country):
        meant: dict[str, set[str]] = {}
        for code, spelling in spellings:
            meant.setdefault(folded(spelling), set()).add(code)
        for spelling, codes in meant.items():
            if len(codes) == 1:
                known.setdefault(spelling, *codes)
    return known


def _layers(country: str) -> Iterator[list[tuple[str, str]]]:
    """Spellings with their codes, the surest first."""
    here = rules.of(country)
    codes = [code for code, _ in here.choices]
    yield [(code, code) for code in codes]
    yield list(here.spellings)
    yield list(here.isos.items())
    for platform in CODES:
        yield [(code, spelled_for(platform, country, code)) for code in codes]
    yield [(code, alias) for alias, code in ALIASES.get(country, {}).items()]
    yield list(_shortened(country, here))


def _shortened(country: str, here: rules.Rules) -> Iterator[tuple[str, str]]:
    """Names without the words that go without saying."""
    for code, name in here.spellings:
        if country == "IE":
            bare = name.removeprefix("Co. ")
            yield from ((code, bare), (code, f"County {bare}"))
        if country == "EG":
            yield code, name.removesuffix(" Governorate")
        if country == "CN":
            yield code, cleaned(name).split(" ")[0]
