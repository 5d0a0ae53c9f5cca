"""Table of facts: which company and tax numbers a country has, and how they are checked.

Kind "" is the country's principal number. Where another number is made of the principal one (a VAT number of the
company number), `principal` says how, and both have one canonical value.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from stdnum import ean
from stdnum.ar import cuit
from stdnum.at import businessid
from stdnum.at import uid as at_uid
from stdnum.au import abn, acn
from stdnum.be import vat as be_vat
from stdnum.bg import vat as bg_vat
from stdnum.br import cnpj, cpf
from stdnum.by import unp
from stdnum.ca import bn
from stdnum.ch import uid as ch_uid
from stdnum.cl import rut as cl_rut
from stdnum.cn import uscc
from stdnum.co import nit
from stdnum.cy import vat as cy_vat
from stdnum.cz import dic
from stdnum.de import vat as de_vat
from stdnum.dk import cvr
from stdnum.ec import ruc as ec_ruc
from stdnum.ee import kmkr, registrikood
from stdnum.es import nif as es_nif
from stdnum.fi import alv
from stdnum.fr import siren, siret
from stdnum.fr import tva as fr_tva
from stdnum.gb import vat as gb_vat
from stdnum.gr import vat as gr_vat
from stdnum.hr import oib
from stdnum.hu import anum
from stdnum.id import npwp
from stdnum.ie import vat as ie_vat
from stdnum.il import hp
from stdnum.in_ import gstin, pan
from stdnum.is_ import kennitala
from stdnum.it import iva
from stdnum.jp import cn as jp_cn
from stdnum.ke import pin as ke_pin
from stdnum.kr import brn
from stdnum.lt import pvm
from stdnum.lu import tva as lu_tva
from stdnum.lv import pvn
from stdnum.ma import ice
from stdnum.md import idno
from stdnum.mt import vat as mt_vat
from stdnum.mx import rfc
from stdnum.nl import btw
from stdnum.no import orgnr as no_orgnr
from stdnum.nz import ird
from stdnum.pe import ruc as pe_ruc
from stdnum.pl import nip, regon
from stdnum.pt import nif as pt_nif
from stdnum.ro import cui
from stdnum.rs import pib
from stdnum.ru import inn, ogrn
from stdnum.se import orgnr as se_orgnr
from stdnum.sg import uen
from stdnum.si import ddv
from stdnum.sk import dph
from stdnum.th import tin as th_tin
from stdnum.tr import vkn
from stdnum.tw import ubn
from stdnum.ua import edrpou
from stdnum.us import ein
from stdnum.uy import rut as uy_rut
from stdnum.ve import rif
from stdnum.vn import mst
from stdnum.za import tin as za_tin

Step = Callable[[str], str]


def _same(number: str) -> str:
    return number


def _first(length: int) -> Step:
    return lambda number: number[:length]


def _checked_first(length: int, validate: Step) -> Step:
    """Check only the first `length` characters: what follows is a branch or an office, not checked by the digits."""
    return lambda number: validate(number[:length])


@dataclass(frozen=True, slots=True)
class Scheme:
    """One kind of number of one country.

    `shape` is what it looks like without separators, in upper case; `validate` raises stdnum's ValidationError;
    `principal` turns a valid number into the canonical one; `kinds` are the words accepted for it between two colons;
    a scheme that is `by_name_only` cannot be told from another one by its shape.
    """

    country: str
    kind: str
    kinds: frozenset[str]
    shape: re.Pattern[str]
    validate: Step = _same
    principal: Step = _same
    by_name_only: bool = False


def _row(
    country: str,
    kinds: str,
    shape: str,
    validate: Step = _same,
    principal: Step = _same,
    *,
    kind: str = "",
    by_name_only: bool = False,
) -> Scheme:
    return Scheme(
        country, kind, frozenset(kinds.split()), re.compile(shape, re.ASCII), validate, principal, by_name_only
    )


_GB_PREFIX = "AC|BR|CE|CS|FC|GE|GN|GS|IC|IP|LP|NC|NF|NI|NL|NO|NP|NV|OC|OE|PC|RC|RS|SA|SC|SE|SF|SG|SI|SL|SO|SP|SR|SZ|ZC"

SCHEMES: tuple[Scheme, ...] = (
    _row("AR", "CUIT", r"\d{11}", cuit.validate),
    _row(
        "AT", "FN", r"(?:FN)?0{0,3}[1-9]\d{2,5}[A-Z]",
        lambda n: businessid.validate(n.removeprefix("FN").lower()), lambda n: n.upper().lstrip("0"),
    ),
    _row("AT", "VAT UID", r"U\d{8}", at_uid.validate, kind="VAT"),
    _row("AU", "ABN", r"\d{11}", abn.validate),
    _row("AU", "ACN", r"\d{9}", acn.validate, lambda n: abn.validate(abn.calc_check_digits(n) + n)),
    _row("BE", "VAT KBO BCE BTW TVA", r"[01]?\d{9}", be_vat.validate),
    _row("BG", "VAT EIK UIC", r"\d{9,10}", bg_vat.validate),
    _row("BR", "CNPJ", r"[0-9A-Z]{12}\d{2}", cnpj.validate),
    _row("BR", "CPF", r"\d{11}", cpf.validate, kind="CPF"),
    _row("BY", "UNP", r"[0-9A-Z]{2}\d{7}", unp.validate),
    _row("CA", "BN", r"\d{9}(?:[A-Z]{2}\d{4})?", bn.validate, _first(9)),
    _row(
        "CH", "UID VAT", r"(?:CHE)?\d{9}(?:MWST|TVA|IVA|TPV|HR)?",
        lambda n: ch_uid.validate("CHE" + n.removeprefix("CHE")[:9]),
    ),
    _row("CL", "RUT", r"\d{7,8}[0-9K]", cl_rut.validate),
    _row("CN", "USCC", r"\d{8}[0-9A-HJ-NPQRTUWXY]{10}", uscc.validate),
    _row("CO", "NIT", r"\d{9,10}", nit.validate),
    _row("CY", "VAT", r"\d{8}[A-Z]", cy_vat.validate, kind="VAT"),
    _row("CZ", "ICO VAT DIC", r"\d{8}", dic.validate),
    _row("CZ", "VAT DIC", r"\d{9,10}", dic.validate, kind="VAT"),
    _row("DE", "VAT USTID UST", r"\d{9}", de_vat.validate, kind="VAT"),
    _row("DK", "CVR VAT", r"\d{8}", cvr.validate),
    _row("EC", "RUC", r"\d{13}", ec_ruc.validate),
    _row("EE", "", r"\d{8}", registrikood.validate),
    _row("EE", "VAT KMKR", r"\d{9}", kmkr.validate, kind="VAT"),
    _row("ES", "NIF CIF VAT", r"[0-9A-Z]\d{7}[0-9A-Z]", es_nif.validate),
    _row("FI", "VAT ALV YTUNNUS", r"\d{8}", alv.validate),
    _row("FR", "SIREN", r"\d{9}", siren.validate),
    _row("FR", "SIRET", r"\d{14}", siret.validate, _first(9)),
    _row("FR", "VAT TVA", r"[0-9A-HJ-NP-Z]{2}\d{9}", lambda n: siren.validate(fr_tva.validate(n)[2:])),
    _row("GB", "CRN", rf"\d{{6,8}}|(?:{_GB_PREFIX})\d{{6}}|R0\d{{6}}", principal=lambda n: n.zfill(8)),
    _row("GB", "VAT", r"\d{9}(?:\d{3})?", gb_vat.validate, _first(9), kind="VAT"),
    _row("GR", "AFM VAT", r"\d{9}", gr_vat.validate),
    _row("HK", "BR BRN UBI", r"\d{8}(?:\d{3}(?:\d{4}[0-9A-Z])?)?", principal=_first(8)),
    _row("HR", "OIB VAT", r"\d{11}", oib.validate),
    _row("HU", "VAT ANUM", r"\d{8}(?:\d{3})?", _checked_first(8, anum.validate)),
    _row("ID", "NPWP", r"\d{15,16}", npwp.validate, lambda n: n[1:] if len(n) == 16 and n[0] == "0" else n),
    _row("IE", "VAT", r"\d[0-9A-Z+*]\d{5}[A-Z]{1,2}", ie_vat.validate, kind="VAT"),
    _row("IL", "HP", r"\d{9}", hp.validate),
    _row("IN", "PAN", r"[A-Z]{5}\d{4}[A-Z]", pan.validate),
    _row("IN", "GSTIN GST", r"\d{2}[A-Z]{5}\d{4}[A-Z][0-9A-Z]{3}", gstin.validate, gstin.to_pan),
    _row("IN", "CIN", r"[LU]\d{5}[A-Z]{2}\d{4}[A-Z]{3}\d{6}", kind="CIN"),
    _row("IS", "KENNITALA", r"\d{10}", kennitala.validate),
    _row("IT", "IVA PIVA VAT", r"\d{11}", iva.validate),
    _row("JP", "CN INVOICE", r"T?\d{13}", lambda n: jp_cn.validate(n.removeprefix("T"))),
    _row("KE", "PIN", r"[AP]\d{9}[A-Z]", ke_pin.validate),
    _row("KR", "BRN", r"\d{10}", brn.validate),
    _row("LT", "VAT PVM", r"\d{9}(?:\d{3})?", pvm.validate, kind="VAT"),
    _row("LU", "VAT TVA", r"\d{8}", lu_tva.validate, kind="VAT"),
    _row("LV", "VAT PVN", r"\d{11}", pvn.validate),
    _row("MA", "ICE", r"\d{15}", ice.validate),
    _row("MD", "IDNO", r"\d{13}", idno.validate),
    _row("MT", "VAT", r"\d{8}", mt_vat.validate, kind="VAT"),
    _row("MX", "RFC", r"[A-Z&]{3,4}\d{6}[0-9A-Z]{3}", rfc.validate),
    _row("MY", "SSM BRN", r"(?:19|20)\d{10}"),
    _row("NL", "KVK", r"\d{8}"),
    _row("NL", "VAT BTW", r"\d{9}B\d{2}", btw.validate, kind="VAT"),
    _row("NO", "ORGNR VAT MVA", r"\d{9}(?:MVA)?", _checked_first(9, no_orgnr.validate)),
    _row("NZ", "NZBN", r"9429\d{9}", ean.validate),
    _row("NZ", "IRD GST", r"\d{8,9}", ird.validate, kind="IRD"),
    _row("PE", "RUC", r"\d{11}", pe_ruc.validate),
    _row("PH", "TIN", r"\d{9}(?:\d{3}|\d{5})?", principal=_first(9)),
    _row("PL", "NIP VAT", r"\d{10}", nip.validate),
    _row("PL", "REGON", r"\d{9}(?:\d{5})?", regon.validate, kind="REGON"),
    _row("PL", "KRS", r"\d{10}", kind="KRS", by_name_only=True),
    _row("PT", "NIF NIPC VAT", r"\d{9}", pt_nif.validate),
    _row("RO", "CUI CIF VAT", r"\d{4,10}", cui.validate),
    _row("RS", "PIB", r"\d{9}", pib.validate),
    _row("RU", "INN", r"\d{10}(?:\d{2})?", inn.validate),
    _row("RU", "OGRN OGRNIP", r"\d{13}(?:\d{2})?", ogrn.validate, kind="OGRN"),
    _row("SE", "ORGNR VAT", r"\d{10}(?:01)?", _checked_first(10, se_orgnr.validate)),
    _row("SG", "UEN", r"\d{8,9}[A-Z]|[A-Z]\d{2}[A-Z]{2}\d{4}[A-Z]", uen.validate),
    _row("SI", "VAT DDV", r"\d{8}", ddv.validate),
    _row("SK", "VAT DPH", r"\d{10}", dph.validate, kind="VAT"),
    _row("TH", "TIN", r"\d{13}", th_tin.validate),
    _row("TR", "VKN", r"\d{10}", vkn.validate),
    _row("TW", "UBN", r"\d{8}", ubn.validate),
    _row("UA", "EDRPOU", r"\d{8}", edrpou.validate),
    _row("US", "EIN", r"\d{9}", ein.validate),
    _row("UY", "RUT", r"\d{12}", uy_rut.validate),
    _row("VE", "RIF", r"[VEJPG]\d{9}", rif.validate),
    _row("VN", "MST", r"\d{10}(?:\d{3})?", mst.validate, _first(10)),
    _row("ZA", "CIPC", r"(?:19|20)\d{10}"),
    _row("ZA", "TAX TIN", r"\d{10}", za_tin.validate, kind="TAX"),
)  # fmt: skip

BY_COUNTRY: Mapping[str, tuple[Scheme, ...]] = {
    country: tuple(scheme for scheme in SCHEMES if scheme.country == country)
    for country in sorted({scheme.country for scheme in SCHEMES})
}
"""The schemes of each country, in the order in which they are tried."""

VAT_AREAS: Mapping[str, str] = {
    # The European Union, and the neighbours who write their numbers alike.
    **{scheme.country: scheme.country for scheme in SCHEMES if "VAT" in scheme.kinds},
    "EL": "GR",
    "XI": "GB",
}
"""Letters that stand before a VAT number → country."""
