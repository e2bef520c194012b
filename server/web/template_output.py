"""How templates write values: escaped, and sentences in the reader's language.

Jinja's own code asks three functions about each value, which takes a quarter of the time of a page with long lists:
thousands of values, almost all of them short texts without a character to escape. This asks one.
"""

import re
from typing import Any

from jinja2 import Environment, nodes
from jinja2.compiler import CodeGenerator, Frame
from markupsafe import Markup, escape

from server.domain.sentences import Sentence
from server.web import i18n

_to_escape = re.compile("[&<>\"']").search


def written(value: Any) -> str:
    """A value as it comes into the page: what is not markup is escaped."""
    kind = type(value)
    if kind is str:
        return escape(value) if _to_escape(value) else value
    if kind is Markup:
        return value  # type: ignore[no-any-return]
    if kind is int:
        return str(value)
    return escape(finalized(value))


def finalized(value: Any) -> Any:
    """The value, or a sentence in the reader's language."""
    return i18n.in_words(value) if isinstance(value, Sentence) else value


class _Writing(CodeGenerator):
    """Compiles ``{{ value }}`` to a call of ``written``."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if _is_plain(frame):
            self.write("environment.written(")
        else:
            super()._output_child_pre(node, frame, finalize)

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if _is_plain(frame):
            self.write(")")
        else:
            super()._output_child_post(node, frame, finalize)


def _is_plain(frame: Frame) -> bool:
    """Whether values are escaped here, as they are outside of ``{% autoescape %}``."""
    return bool(frame.eval_ctx.autoescape) and not frame.eval_ctx.volatile


class Templates(Environment):
    """An environment whose templates write values with ``written``. It wants ``finalize=finalized``."""

    code_generator_class = _Writing
    written = staticmethod(written)
