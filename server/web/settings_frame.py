"""The frame of the settings: a page for each section, with the list of sections beside it.

To add a section: a line in ``SECTIONS``, a template ``settings/<key>.html`` that extends ``settings/frame.html`` and
fills its block ``section``, and a route that returns ``section_page``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from server.domain.sentences import Sentence, say
from server.web.render import page
from server.web.visit import Visit

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

NOTIFICATIONS = "notifications"
"""The first section, which has the address of the settings themselves."""


@dataclass(frozen=True, slots=True)
class Section:
    key: str
    """The end of its address, and the name of its template."""
    title: Sentence
    icon: str
    words: str
    """Other words for what it sets, in each language, by which the palette finds it."""

    @property
    def path(self) -> str:
        return "/settings" if self.key == NOTIFICATIONS else f"/settings/{self.key}"


SECTIONS = (
    Section(NOTIFICATIONS, say("Notifications"), "bell", "alerts e-mail email webhook slack notify 提醒 邮件 告警"),
    Section("appearance", say("Appearance"), "eye", "dark light theme colour color mode 深色 浅色 暗色 主题"),
    Section("language", say("Language and time zone"), "clock", "english chinese 中文 英文 locale timezone utc hours"),
    Section(
        "retention",
        say("Data and retention"),
        "catalog",
        "delete old events days disk space database size 删除 保留期限 磁盘 数据库",
    ),
    Section("search", say("Search"), "search", "full text payload metadata index 全文 索引 元数据"),
    Section(
        "networks",
        say("Networks"),
        "source",
        "allow private local loopback localhost 127.0.0.1 firewall HOOKBENCH_ALLOW_NETWORKS 内网 本机 防火墙",
    ),
    Section("account", say("Account"), "user", "password user name session sign out 密码 用户 登录 会话"),
    Section("about", say("About"), "info", "version licence license upgrade system 版本 许可 升级"),
)


@dataclass(frozen=True, slots=True)
class SettingsFrame:
    """What the frame of each section shows."""

    sections: Sequence[Section]
    section: Section
    active: str = "settings"


def section_page(
    request: Request,
    here: Visit,
    key: str,
    *values: "DataclassInstance",
    block: str | None = None,
    status: int = 200,
) -> Response:
    """The page of the section ``key``."""
    section = next(section for section in SECTIONS if section.key == key)
    frame = SettingsFrame(SECTIONS, section)
    return page(request, f"settings/{key}.html", here, frame, *values, block=block, status=status)
