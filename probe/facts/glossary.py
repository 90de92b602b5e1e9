"""Error words of services that speak other languages, with the English that the rules know."""

from __future__ import annotations

import re

_ROWS: tuple[tuple[str, str], ...] = (
    # Chinese: new-api and one-api (i18n files, middleware/auth.go, relay/), DashScope, Ark, Kling
    (
        r"未提供.{0,6}(令牌|密钥|凭证)|缺少.{0,8}(令牌|密钥|api.?key|authorization)|请(提供|携带).{0,8}(令牌|密钥)",
        "no api key provided",
    ),
    (
        r"无效的?.{0,4}(令牌|密钥|api.?key)|(令牌|密钥|api.?key).{0,6}(无效|错误|不正确|已过期|已失效|验证失败|状态不可用|不存在)",
        "invalid api key",
    ),
    (r"(身份|账号|用户)?(验证|认证|鉴权)(失败|未通过|不通过|错误)|token.{0,4}非法", "invalid api key"),
    (
        r"(任务|视频|文件|资源|作业|生成|记录|对象).{0,6}(不存在|未找到)|(未找到|找不到|没有找到).{0,6}(任务|视频|文件|资源|作业|对象)",
        "task not found",
    ),
    (r"无权.{0,6}(访问|使用|调用).{0,8}模型|模型.{0,12}(无权|没有权限|未授权|不允许)", "not allowed to access the model"),
    (r"(仅|只有|只允许|需要).{0,6}管理员|管理员权限", "only admin"),
    (r"无权(限|进行)|没有权限|权限不足|禁止访问", "permission denied: insufficient permissions"),
    (r"无可用(的)?渠道|没有可用(的)?渠道|暂无可用渠道", "no available channel"),
    (r"负载.{0,4}(饱和|过高|过载)|(服务器?|系统|模型|当前).{0,6}繁忙", "overloaded"),
    (r"余额不足|额度(不足|已用尽)|配额(不足|已用)|欠费", "insufficient_quota"),
    (r"(请求|访问|调用)(过于|太)频繁|频率(限制|超限)|速率限制|限流|请求数过多|并发", "rate limit: too many requests"),
    (r"(尚|还)?未(完成|就绪|生成完)|(正在|仍在)(处理|生成|排队|进行)|处理中|排队中|生成中", "not ready yet: still processing"),
    (r"(视频|文件|链接|任务|内容|资源).{0,6}(已)?(过期|失效|被删除|已删除)", "video expired"),
    (r"(域名|地址|网址|url|host).{0,10}(不在|未在|不属于).{0,6}(白名单|允许)", "domain not in allow list"),
    (r"(账号|账户|用户|组织).{0,6}(封禁|禁用|冻结|停用)", "account suspended"),
    (r"模型.{0,12}(不存在|未找到|不支持)|未知.{0,3}模型", "model not found"),
    (r"(接口|路由|路径|地址|url).{0,6}(不存在|无效|未找到)|无效的.{0,4}(接口|路由|路径|url)", "no such route"),
    (r"(渠道|上游|供应商).{0,12}(错误|失败|异常|超时|无响应)", "upstream error"),
    (r"(内容|安全|敏感).{0,8}(审核|审查|违规|策略)|敏感(词|内容)", "content policy violation"),
    # Japanese, Korean
    (r"api.?キー.{0,6}(無効|正しくありません|間違)|無効な.{0,4}api.?キー", "invalid api key"),
    (r"(見つかりません|存在しません)", "task not found"),
    (r"(권한이 없|접근 권한)", "permission denied: insufficient permissions"),
    (r"(요청|호출|속도).{0,4}(한도|제한)", "rate limit: too many requests"),
    (r"(찾을 수 없|존재하지 않)", "task not found"),
    (r"(유효하지 않은|잘못된).{0,4}(api.?키|토큰)", "invalid api key"),
    # German, French, Spanish, Portuguese, Italian, Russian
    (
        r"ung(ü|ue)ltige[rs]? (api.?)?(schl(ü|ue)ssel|token)|cl(é|e) (d')?api (est )?(invalide|incorrecte)|(clave"
        r"|llave)( de)? api .{0,12}inv(á|a)lid"
        r"|chave( de)? api .{0,12}inv(á|a)lid|chiave api .{0,12}non valid|неверный (api.?)?(ключ|токен)"
        r"|недействительн\w+ (ключ|токен)",
        "invalid api key",
    ),
    (
        r"(aufgabe|video|datei|ressource|auftrag).{0,30}nicht gefunden|(t(â|a)che|vid(é|e)o|fichier|ressource).{0,30}introuvable"
        r"|(tarea|v(í|i)deo|archivo|recurso|tarefa|arquivo).{0,30}no se encontr|(tarefa|v(í|i)deo|arquivo"
        r"|recurso).{0,30}n(ã|a)o (foi )?encontrad"
        r"|(tarea|v(í|i)deo|archivo|recurso).{0,20}no encontrad|(задача|видео|файл|ресурс).{0,30}не найден",
        "task not found",
    ),
    (
        r"nur (f(ü|ue)r )?administrator|r(é|e)serv(é|e) aux administrateurs|solo (para )?administradores"
        r"|только (для )?администратор",
        "only admin",
    ),
    (
        r"(schl(ü|ue)ssel|token|cl(é|e)|clave|chave|chiave|ключ\w*|токен\w*)( \w+)? .{0,12}(abgelaufen|expir|caduc|scadut|non valid"
        r"|ung(ü|ue)ltig|inv(á|a)lid|ист(е|ё)к|недействит)|(キー|토큰|키).{0,6}(期限|만료)",
        "invalid api key",
    ),
    (
        r"(noch nicht|noch in|wird (noch |gerade )?(erzeugt|erstellt|generiert|verarbeitet)|in bearbeitung|pas encore|en cours de"
        r"|a(ú|u)n no|todav(í|i)a no|en proceso|ainda n(ã|a)o|em processamento|in elaborazione|non (è )?ancora|ещ(е|ё) не"
        r"|в процессе|обрабатывается|генерируется|まだ|生成中|処理中|아직|처리 중|생성 중"
        r"|в обработке|в очереди|en cola|en attente|na fila)",
        "not ready yet: still processing",
    ),
    (
        r"(video|datei|link|vid(é|e)o|fichier|lien|archivo|enlace|arquivo|файл\w*|ссылк\w*|видео)( \w+)? .{0,12}(abgelaufen"
        r"|gel(ö|oe)scht|expir(é|ad|ou)|supprim|eliminad|caducad|ист(е|ё)к|удал(е|ё)н)|有効期限|期限切れ|만료",
        "video expired",
    ),
    (
        r"(kontingent|guthaben|quota|cr(é|e)dit|saldo|cuota|баланс|квот|средств|残高|クォータ|잔액"
        r"|(?<!요청 )(?<!호출 )한도).{0,30}(ersch(ö|oe)pft"
        r"|aufgebraucht|(ü|ue)berschritten|d(é|e)pass|(é|e)puis|insuffis|agotad|insuficient|esgotad|исчерп|недостат|превыш"
        r"|不足|초과|부족)|недостаточно средств|(残高|クォータ)不足",
        "insufficient_quota",
    ),
    (
        r"zu viele anfragen|trop de requ(ê|e)tes|demasiadas (solicitudes|peticiones)|muitas (solicita|requisi)|troppe richieste"
        r"|слишком много запросов|лимит запросов|リクエスト.{0,8}(多|上限)|요청이 너무",
        "rate limit: too many requests",
    ),
    (
        r"keine (berechtigung|zugriffsrechte)|(permessi|permisos|permiss(õ|o)es) insuf|permission refus|sin permiso|sem permiss"
        r"|нет прав|недостаточно прав|権限が(ありません|ない)",
        "permission denied: insufficient permissions",
    ),
    (
        r"(route|pfad|endpunkt|chemin|ruta|rota|маршрут|эндпоинт|путь|ルート|エンドポイント|경로).{0,20}(nicht gefunden|introuvable"
        r"|no (se )?(encontr|existe)|n(ã|a)o (foi )?(encontr|existe)|не найден|不明|見つかりません|찾을 수 없)",
        "no such route",
    ),
)
_GLOSSARY = tuple((re.compile(pattern), english) for pattern, english in _ROWS)
_FOREIGN = re.compile(
    r"[^\x00-\x7f]|nicht|introuvable|invalid[eao]|ungueltig|encontr|solo|nur |abgelaufen|zugriff|anfragen|expirad|agotad|richieste"
    r"|acces|pas |insuf|permes|permis"
)


def glossed(text: str) -> str:
    """A folded error text with the English of the foreign phrases in it behind it."""
    if not _FOREIGN.search(text):
        return text
    return " ".join([text, *dict.fromkeys(english for pattern, english in _GLOSSARY if pattern.search(text))])
