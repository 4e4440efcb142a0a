"""Which columns tell who wrote, by their names."""

import re
from collections.abc import Collection, Iterator

import pyarrow as pa

Path = tuple[str, ...]  # a column, and the fields that lead into its structs; the lists between are passed through

ANYWHERE = {
    # an account
    "userid", "username", "useruuid", "userguid", "userhash", "hasheduserid", "anonymizeduserid", "useridentifier",
    "authorid", "authorname", "accountid", "accountname", "customerid", "customername", "clientid", "memberid",
    "visitorid", "subscriberid", "screenname", "nickname", "senderid", "sendername",
    # a machine, or the place it calls from: WildChat names its users by hashed_ip alone
    "ip", "ipaddress", "ipaddr", "hashedip", "iphash", "clientip", "userip", "remoteaddr", "deviceid", "useragent",
    # a way to reach the person
    "email", "emailaddress", "useremail", "authoremail", "phone", "phonenumber", "userphone",
    # WeChat's ids, and the words of Chinese exports
    "openid", "unionid", "wxid", "用户id", "用户名", "用户编号", "用户昵称", "昵称", "手机号", "邮箱",
}  # fmt: skip
"""Names of user ids on any level, without case, spaces, dots, ``_`` and ``-``.

Left out are names that as often tell something else: ``id`` and ``uid`` (of the row), ``name`` (of a tool),
``session_id`` and ``conversation_id`` (of the conversation).
"""

ON_TOP = ANYWHERE | {"user", "author", "account", "customer", "用户", "作者"}
"""Names of columns; inside a turn ``user`` may be a role, and ``author`` the author of a text."""


def folded(name: str) -> str:
    """A column's name without case and separators."""
    return re.sub(r"[\s._-]", "", name).casefold()


def user_paths(schema: pa.Schema, by_name: bool, named: Collection[str], kept: Collection[str]) -> list[Path]:
    """The columns and fields that tell who wrote: those ``named``, and those of a known name; none of the ``kept``.

    A field is named with dots, ``meta.user_id``; one that is kept may be given by its last name alone.
    """
    return [path for child in schema for path in _within(child, (), by_name, named, kept)]


def _within(
    field: pa.Field, above: Path, by_name: bool, named: Collection[str], kept: Collection[str]
) -> Iterator[Path]:
    path = (*above, field.name)
    dotted = ".".join(path)
    known = by_name and folded(field.name) in (ANYWHERE if above else ON_TOP)
    if dotted in kept or field.name in kept:
        return
    if known or dotted in named:
        yield path
        return
    kind = field.type
    while pa.types.is_list(kind):
        kind = kind.value_type
    if pa.types.is_struct(kind):
        for child in kind:
            yield from _within(child, path, by_name, named, kept)


def find(schema: pa.Schema, name: str) -> Path | None:
    """The column of this name, or the field of a struct that its dots lead to; None where there is none."""
    if name in schema.names:
        return (name,)
    top, dot, rest = name.partition(".")
    if not dot or top not in schema.names:
        return None
    path: Path = (top,)
    kind = schema.field(top).type
    for part in rest.split("."):
        if not pa.types.is_struct(kind) or kind.get_field_index(part) < 0:
            return None
        path, kind = (*path, part), kind.field(part).type
    return path
