"""Values bound to names, in any language people paste, and a text with the names in it replaced by their values."""

from __future__ import annotations

import itertools
import re

from probe.frozen import Frozen
from probe.intake.names import field_of

_STRING = r"[fFrRbBuU$@]{0,2}(?:\"(?:[^\"\\\n]|\\.|`\"){0,4096}\"|'(?:[^'\\\n]|\\.){0,4096}'|`[^`\n]{0,4096}`)"
_BINDING = re.compile(
    rf"(?<![\w$@.-])(?P<name>[$@]?(?:\{{?env:)?[A-Za-z_][\w.:-]{{0,80}}?|\$\{{[\w:.]{{1,60}}\}})(?:\\?[\"'\]}}])*\s{{0,20}}"
    rf"(?::\s{{0,3}}(?:str|string|String|Uri|URL|const char\*)\s{{0,3}})?(?P<equals>=>|:=|=(?!=)|:(?!//"
    rf"|:))[ \t]{{0,20}}(?:\n(?![ \t-]{{0,40}}[\w.-]{{1,60}}:(?:\s|$)))?[ \t]{{0,40}}"
    rf"(?P<wrap>(?:new\s)?(?:System\.)?(?:Uri|URI\.create|URI|URL|str|String|HttpUrl|SecretStr|PSecretStr|azure\.String"
    rf"|to\.Ptr|ptr|Some)?(?:\(\s{{0,4}})?)"
    rf"(?P<value>{_STRING}|[^\s\"'`,;(){{}}\[\]#]{{1,2048}})(?=(?P<after>[^\n]{{0,4}}))"
)
_SETTER = re.compile(
    rf"\.(?:set|with)?_?(?P<name>[A-Za-z_]{{3,40}})\(\s{{0,8}}(?:new\sUri\(|URI\.create\()?(?P<value>{_STRING})\s{{0,4}}\)"
)
_DEFAULTED = re.compile(
    rf"(?<![\w.])(?P<name>[A-Za-z_][\w.]{{0,60}})\s{{0,8}}[:=]\s{{0,8}}(?:os\.getenv|os\.environ\.get|getenv|env"
    rf"|System\.getenv\(\)\.getOrDefault|process\.env\.\w{{1,60}}\s{{0,3}}(?:\|\||\?\?))"
    rf"\s{{0,3}}\(?\s{{0,3}}(?:{_STRING}\s{{0,3}},)?\s{{0,3}}(?P<value>{_STRING})\s{{0,3}}\)?"
)
_SET = re.compile(
    rf"(?m)(?:^|[\s;&])(?:setx|set(?: -\w{{1,4}})?|export|Set-Item"
    rf"|os\.Setenv\()\s{{0,4}}[\"']?(?P<name>[A-Za-z_]\w{{2,60}})[\"']?(?:\s{{1,4}}|,\s{{0,3}})(?P<value>{_STRING}"
    rf"|https?://\S{{1,2048}})"
)
_FROM_ENVIRONMENT = re.compile(
    r"(?<![\w.])(?P<name>[A-Za-z_$][\w.]{0,60})\s{0,8}(?::=|[:=])[^\n\"'=]{0,80}?(?:env|ENV|Env)\w{0,20}[\w.:]{0,20}[(\[]{0,2}[\"']?"
    r"(?<=[\[(.:\"'])(?P<variable>[A-Z][A-Z0-9_]{2,60})\b"
)
"""A name that takes its value from a variable of the environment."""
_FORMATTED = re.compile(
    r"(?:\b(?:fmt\.)?Sprintf|\b[sS]tring\.[fF]ormat|\bsprintf)\(\s{0,20}(?P<text>\"[^\"\n]{1,1024}\"|'[^'\n]{1,1024}')\s{0,20},(?P<given>[^()\n]{1,512})\)"
    r"|(?P<text2>\"[^\"\n]{1,1024}\"|'[^'\n]{1,1024}')\s{0,4}(?:\.format\(|%\s{0,4}\()(?P<given2>[^()\n]{1,512})\)"
)
"""A string with places for values, and the values, as printf, Java, C# and Python put them in."""
_SLOT = re.compile(r"%[sdv]|\{\d?\}")
_BASE = re.compile(r"https://[\w-]{2,64}\.(?:openai|cognitiveservices|services\.ai)\.azure\.(?:com|us|cn)(?=[/\"'`\s,;)?]|$)")
_ENDPOINT = re.compile(r"(?i)endpoint|base")
"""The only resource that a text names is meant by a name for an endpoint to which nothing else is bound."""
_REFERENCE = re.compile(
    r"\$\((?P<a>\$?(?:env:)?[\w.]{1,80})\)|\$\{(?P<b>(?:env:)?[\w.]{1,80})(?::-[^}\n]{0,200})?\}|\{\{\s?(?P<c>[\w.]{1,80})\s?\}\}"
    r"|\{(?P<d>[A-Za-z_][\w.]{0,80})\}|\$(?P<e>(?:env:)?[A-Za-z_]\w{0,80}(?:\.[A-Za-z_]\w{0,60})?)(?![\w.]|\s{0,8}=(?!=))"
    r"|%(?P<f>[A-Za-z_]\w{1,60})%"
    r"|\$(?P<g>[A-Za-z_]\w{0,80})(?=\.(?:openai|cognitiveservices|services\.ai|azure-api)\.)"
)
_NAMED_PLUS = re.compile(
    r"(?P<q>[\"'`])\s{0,8}(?:\+|\.\.|&)\s{0,8}(?P<name>[A-Za-z_$][\w.$]{0,80})(?:\(\))?(?P<on>\s{0,8}(?:\+|&)\s{0,8}(?P=q))?"
)
_PLUS_STRING = re.compile(r"(?<![\w$.)\]\"'`])(?P<name>[A-Za-z_$][\w.$]{0,80})\s{0,8}\+\s{0,8}(?P<q>[fF$]?[\"'`])")
_STRINGS_JOINED = re.compile(
    r"(?P<q>[\"'])\s{0,8}(?:\+\s{0,8}|\\?\n[ \t]{1,40})[fF]?(?P=q)(?=[\w/?&{$.=-])(?!https?:|[^\"'\n]{1,80}[\"']\s{0,20}[=:])"
)
_FORMAT = re.compile(r"\.(?:rstrip|strip|trim|TrimEnd|trimEnd)\(\s{0,2}(?:['\"]/?['\"])?\s{0,2}\)")
_MOST = 4000
_DEEPEST = 4


class Binding(Frozen):
    """A name and the literal that was bound to it; `equals` is the sign between them; `is_quoted` means a string."""

    name: str
    value: str
    start: int
    end: int
    is_quoted: bool
    equals: str = "="


def bindings(text: str) -> list[Binding]:
    """Find what is bound to a literal, in the order of the text; a value that is itself a name or a call binds nothing."""
    found = []
    text = text.replace('\\"', '" ')  # JSON that stands in a string
    for pattern in (_BINDING, _DEFAULTED, _SETTER, _SET):
        for match in pattern.finditer(text):
            raw = match["value"]
            literal = raw.lstrip("fFrRbBuU$@") if raw[-1:] in "\"'`" else raw
            is_quoted = literal[:1] in "\"'`" and len(literal) >= 2
            value = literal[1:-1] if is_quoted else raw.rstrip(",;")
            groups = match.groupdict()
            is_call = not is_quoted and ((groups.get("after") or "")[:1] in ("(", "[") or "(" in (groups.get("wrap") or "").strip())
            if value and not is_call:
                equals = groups.get("equals") or "="
                found.append(
                    Binding(match["name"].strip("@${}"), value.strip(), match.start(), match.end("value"), is_quoted, equals)
                )
            if len(found) >= _MOST:
                break
    return sorted(found, key=lambda one: one.start)


def expanded(text: str) -> str:
    """Replace names by their values where a string or a command uses them: `$endpoint/openai`, f-strings, `base + "/openai"`.

    Names without a literal stay as they are, and show later as placeholders. The text grows by a bounded amount.
    """
    text = _FORMAT.sub("", text)
    for _round in range(3):
        text = _STRINGS_JOINED.sub("", text)
        text = _NAMED_PLUS.sub(lambda match: f"{{{match['name']}}}" + ("" if match["on"] else match["q"]), text)
        text = _PLUS_STRING.sub(lambda match: f"{match['q']}{{{match['name'].lstrip('$')}}}", text)
    text = _FORMATTED.sub(_formatted, text)
    known = _known(text)
    if not known:
        return text
    room = [2 * len(text) + 65536]

    def one(match: re.Match[str]) -> str:
        value = _lookup(match, known)
        if value is None or room[0] < len(value):
            return match[0]
        room[0] -= len(value)
        return value

    return _REFERENCE.sub(one, text)


def _formatted(match: re.Match[str]) -> str:
    """Write the values of a call into its string: a literal as it is, a name as a reference."""
    text, given = match["text"] or match["text2"], (match["given"] or match["given2"]).split(",")
    values = [one.strip().strip("\"'") if one.strip()[:1] in "\"'" else f"{{{one.strip()}}}" for one in given]
    places = iter(values)
    return _SLOT.sub(lambda slot: next(places, slot[0]), text)


def _known(text: str) -> dict[str, str]:
    """Map names to literals; of several the last one that is not a placeholder counts. References are resolved."""
    known: dict[str, str] = {}
    for one in bindings(text):
        if one.is_quoted or "://" in one.value or re.fullmatch(r"[\w][\w.:/@-]{0,256}", one.value):
            name = one.name.removeprefix("env:").removeprefix("$env:")
            if f"{{{name}}}" not in one.value and f"${name}" not in one.value:
                known[name] = one.value[:2048]
    bases = set(itertools.islice(_BASE.findall(text), _MOST))
    if len(bases) == 1:
        known[""] = bases.pop()
    for match in itertools.islice(_FROM_ENVIRONMENT.finditer(text), _MOST):
        if match["variable"] in known:
            known.setdefault(match["name"].strip("$").rpartition(".")[2], known[match["variable"]])
    for _level in range(_DEEPEST):
        changed = False
        for name, value in known.items():
            if "$" in value or "{" in value or "%" in value:
                fresh = _REFERENCE.sub(lambda match: _lookup(match, known) or match[0], value)[:2048]
                changed = changed or fresh != value
                known[name] = fresh
        if not changed:
            break
    return known


def _lookup(reference: re.Match[str], known: dict[str, str]) -> str | None:
    plain = reference[reference.lastgroup or 0].lstrip("$").removeprefix("env:")
    for one in (plain, plain.rpartition(".")[2], plain.partition(".")[2]):
        if one and one in known:
            return known[one]
    return known.get("") if _ENDPOINT.search(plain) and field_of(plain) == "base_url" else None
