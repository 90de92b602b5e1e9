"""Statuses and errors in plain words, in any language people write in: `it returns 404`, `返回状态：404`, `the error: "..."`."""

from __future__ import annotations

import re
from http import HTTPStatus

from probe.intake.names import HTTP
from probe.intake.sayings import saying

_STATUS = r"(?P<status>4\d\d|5\d\d|20[0-246])\)?(?![\w-]|\.\d| ?(?:tokens?|requests?|ms|seconds?|[MK]B|users?|%)\b)"
_SAID = (
    r"HTTP(?: error)?|awaiting response\.\.\.|returns?(?: an?| me)?|returned(?: an?)?|got(?: an?)?|get(?: an?)?|with(?: a)?"
    r"|g[ai]ves?(?: me| us)?(?: an?)?|says|shows?|yields|throws|threw|received?(?: an?)?"
    r"|respon(?:ds|ded)(?: with)?|answer(?:s|ed)(?: with)?"
    r"|status(?: code)?"
    r"|error code|an?|always|only|immer|nur|siempre|toujours|всегда|HTTP/1\.1|renvoie(?: une?)?"
    r"|retourne(?: une?)?(?: erreur)?|avec(?: le code)?"
    r"|mit(?: Fehler| Status)?(?: ?code)?|liefert|Fehlercode"
    r"|Statuscode|c[oó]digo|код(?:ом)?|возвращает|вернул|返回|错误码|状态码|→|->|=>"
)
_LABEL = (
    r"(?:HTTP )?(?:status ?(?:code)?|http(?: status)?(?: code)?|response(?: code)?|code de statut|statut|статус|код|ответ сервера"
    r"|(?:返回)?状态码?|接口|ステータス(?:コード)?|応答|result|ergebnis|résultat)"
)
_ERROR = (
    r"(?:error(?: message)?|message|erreur|ошибка|提示|错误(?:消息|信息)?|报错|messaggio|mensaje|mensagem|(?:Fehler)?meldung"
    r"|сообщение|メッセージ|エラー(?:内容)?)"
)

_KNOWN = (
    r"The API deployment for this resource does not exist|Access denied due to (?:invalid subscription key|Virtual Network)"
    r"|API version not supported|No such File object: (?=\w)|Key based authentication is disabled|Incorrect API key provided: "
    r"|Public access is disabled\. |The principal `[\w-]{8,40}` lacks the required data action|Invalid URL \((?:GET|POST|HEAD) /"
    r"|Requests to the [\w ]{3,80} under Azure OpenAI API|Traffic is not from an approved private endpoint|Container is expired"
)
"""How vendors begin what they say of a failed request, wherever a log puts it."""

_FAULT = (
    r"(?:오류|에러|エラー|错误|報錯|błęd\w{0,3}|błąd|erreur|fehler|errore|erro|error|hata|ошибк\w|помилк\w|chyb\w|hib[aá]"
    r"|lỗi|virhe)"
)
"""An error, as people of many languages call it beside its status."""

_REASONS = "(?:" + "|".join(["Resource Not Found", "Gateway Time-out", *(re.escape(one.phrase) for one in HTTPStatus)]) + ")"

_PATTERNS = (
    rf"(?i)(?<![\w.])(?:{_FAULT}[ :]{{0,2}}(?P<status>{HTTP})(?![\w.-])|(?P<status2>{HTTP}) ?{_FAULT})",
    r"(?<![\w.])(?P<status>404)(?:[ :*-]{1,4}|[^\n{}\"']{0,40}[\"'])(?P<message>Resource not found)\b",
    rf"(?<![\w.])(?P<status>{HTTP}) (?:{_REASONS}(?![\w'])|(?P<reason>(?:[A-Z][a-z]+){{2,6}})\b)",
    r"(?m)^[ \t>]{0,8}(?P<status>[45]\d\d)[: ]{1,3}(?=\{\s{0,8}\"|[a-z]{4,12}/[a-z][\w.+-]{2,40}$)",
    r"(?P<message>Cannot (?:GET|POST|HEAD|PUT|DELETE|PATCH) /[^\s<\"']{1,400})",
    r"(?i)(?:failed|error|status)[ :]{0,2}[\[(](?P<status>[45]\d\d)[\])](?::\s{1,4}(?P<message>[^\n{]{6,300}))?",
    rf"(?i)(?<![A-Za-z])(?:status|response|http)[ _]?code(?:[\"']?\s{{0,3}}(?:==?|:)\s{{0,3}}| ?of "
    rf"| ')(?:Int\()?(?P<status>{HTTP})\b",
    r"(?im)(?:^|[,，;；。])[ \t>*-]{0,8}(?:error ?message|错误(?:消息|信息)|message d.erreur|Fehlermeldung"
    r"|сообщение(?: об ошибке)?"
    r"|текст ошибки|メッセージ|mensaje(?: de error)?|messaggio)"
    r"[ \t*]{0,24}[:：][ \t*]{0,4}(?P<message>[^\n\"'«「{，。<]{6,300})",
    rf"(?P<message>(?:{_KNOWN})[^\n\"<|«»「」]{{0,300}}?)(?=$|[\n\"<|]|[ \t]?[«»「」]| \{{|(?<=\.) (?=at /)|\\[n\"])",
    r"(?<![\w\]])\[(?P<status>[45]\d\d)\] (?P<message>[A-Z][^\n{}]{3,300})",
    rf"(?im)^[ \t>*#/-]{{0,8}}{_LABEL}[ \t*]{{0,24}}[:=：][ \t*`]{{0,4}}(?P<status>[1-5]\d\d)\b",
    rf"(?i)(?<!\w)(?:{_SAID})[ \t]{{1,3}}[`*_]{{0,2}}(?:HTTP )?\(?{_STATUS}",
    r"(?m)^[ \t]{0,12}(?:<<|←|<-{1,2}) (?:HTTP/[\d.]{1,3} )?(?P<status>[1-5]\d\d)\b",
    r"(?:接口|返回|报错|状态码?)[：:\s]{0,3}(?P<status>[45]\d\d)(?!\d)",
    r"(?m)(?:#|//)[ \t]{0,4}(?:->|=>|→|prints|status:?|HTTP)?[ \t]{0,4}(?P<status>[45]\d\d|200)(?![\w-]|\.\d)",
    rf"(?i){_ERROR}[：:\s]{{1,4}}(?:[\"'«「][ \t]?)(?!\w{{3,60}}(?:Error|Exception): |Request failed with status)"
    r"(?P<message>[^\"'«»「」\n{}]{6,300})[ \t]?[\"'»」]",
    rf"(?i){_ERROR}[ \t]{{1,3}}(?P<status>[45]\d\d)[ \t]{{0,2}}[：:][ \t]{{0,2}}[\"'«「][ \t]?"
    r"(?P<message>[^\"'«»「」\n{}]{6,300}?)[ \t]?[\"'»」]",
    r"(?m)(?<!\d\n)^[ \t>]{0,8}(?P<status>40\d|41\d|42[29]|50[0-4])[ \t]{0,8}$(?!\n[ \t]{0,8}\d{1,6}[ \t]{0,8}$)",
)
"""Rows as in a language's table; each gives a status, a message, or both."""

SAYINGS = tuple(saying("text", pattern) for pattern in _PATTERNS)
