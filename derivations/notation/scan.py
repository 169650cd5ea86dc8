"""From text to the terminals of ``grammar.lark``: here plain, Unicode and LaTeX notation become one.

How letters form names depends on the notation, which is LaTeX if the text holds a backslash or a dollar sign:

- in LaTeX a run of letters is a product, as TeX sets it (``Uh_{t-1}`` is ``U h_{t-1}``), unless it spells a function or
  a Greek letter; a script without braces is one letter;
- elsewhere a run of letters is one name (``Uh`` is a name), and digits behind it are a label (``W1`` is ``W_1``).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from difflib import get_close_matches
from keyword import iskeyword

from lark import Token

from derivations.errors import CellError, Span
from derivations.notation import latex_commands as tex
from derivations.notation.brackets import Brackets
from derivations.notation.guard import Source, code, quote
from derivations.notation.scripts import EXPONENT
from derivations.notation.spelling import (
    ACCENT_COMMANDS,
    COMBINING,
    EQUAL_SIGNS,
    FUNCTION_COMMANDS,
    FUNCTION_WORDS,
    GREEK_COMMANDS,
    GREEK_LETTERS,
    MINUS_SIGNS,
    OPERATORS,
    SUBSCRIPTS,
    SUPERSCRIPTS,
    TIME_WORDS,
)

MAX_TOKENS = 20_000
MAX_WORD = 40

_HINTS = {
    "⊗": "write ⊙ for the entrywise product; an outer product is u vᵀ",
    "×": "write ⊙ for the entrywise product, or a space for a matrix product",
    "⊕": "write + for a sum and [a, b] for a concatenation",
    "‖": "write [a, b] for a concatenation",
    "|": "absolute values are not part of the notation",
    "<": "a comparison is a claim, not part of an equation",
    ">": "a comparison is a claim, not part of an equation",
    "≤": "a comparison is a claim, not part of an equation",
    "≥": "a comparison is a claim, not part of an equation",
    "%": "'%' begins a comment in LaTeX; in plain notation write '#'",
    "&": "'&' aligns equations inside a LaTeX environment only",
    '"': "an equation holds no strings",
    "!": "write the product or the function out",
}
_PATTERN = re.compile(
    r"""
    (?P<comment>\#[^\n]*)
  | (?P<percent>%[^\n]*)
  | (?P<newline>\n)
  | (?P<space>[^\S\n]+)
  | (?P<number>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
  | (?P<word>[A-Za-z][A-Za-z0-9]*)
  | (?P<command>\\(?:[A-Za-z]+\*?|.|\n|$))
  | (?P<power>\*\*)
  | (?P<script>[_^])
  | (?P<equal>:=|=)
  | (?P<transpose>\.T(?![A-Za-z0-9_]))
  | (?P<attribute>\.[A-Za-z_]+)
  | (?P<open>[(\[{])
  | (?P<close>[)\]}])
  | (?P<other>.)
    """,
    re.VERBOSE,
)
_UNKNOWN_TIME = re.compile(r"\(\s*t\s*(?:[-+\N{MINUS SIGN}]\s*[0-9]+\s*)?\)")
_INDEX_TIME = re.compile(r"\[\s*t\s*(?:([-+\N{MINUS SIGN}])\s*([0-9]+)\s*)?\]")
_AMBIGUOUS_TIME = re.compile(rf"[{MINUS_SIGNS}+]([0-9]+)(?![0-9.])")


class Scanner:
    """One pass over a text; ``tokens`` is the result."""

    def __init__(self, source: Source) -> None:
        self.source, self.text, self.pos = source, source.text, 0
        self.tokens: list[Token] = []
        self.brackets = Brackets()
        self.is_latex = bool(re.search(r"[\\$]", re.sub(r"#[^\n]*", "", self.text)))
        self.is_plain = not self.is_latex and self.text.isascii()
        self._dollar = ""
        self._run()

    # The loop, and what every handler uses

    def _run(self) -> None:
        while self.pos < len(self.text):
            found = _PATTERN.match(self.text, self.pos)
            assert found and found.lastgroup  # 'other' and 'newline' match everything
            start, self.pos = self.pos, found.end()
            handler: Callable[[str, int], None] = getattr(self, f"_{found.lastgroup}")
            handler(found[0], start)
        self.brackets.finish()

    def _span(self, start: int) -> Span:
        return self.source.span(start)

    def _emit(self, kind: str, value: str, start: int) -> None:
        if len(self.tokens) >= MAX_TOKENS:
            raise CellError("the equations are too long", hint=f"at most {MAX_TOKENS} symbols are read", span=self._span(start))
        span = self._span(start)
        # end_pos lets "directly after" be told from "after a space".
        self.tokens.append(Token(kind, value, start, span.line, span.column, None, None, self.pos))

    def _follows_name(self, start: int) -> bool:
        """Whether a name, one of its scripts or a closing bracket stands directly before ``start``."""
        if not self.tokens or self.tokens[-1].end_pos != start:
            return False
        return self.tokens[-1].type in ("NAME", "SUB", "SUP", "MARK") or self.tokens[-1].type.startswith("_R")

    # Space, comments and ends of equations

    def _space(self, value: str, start: int) -> None:
        pass

    _comment = _space

    def _percent(self, value: str, start: int) -> None:
        begins_line = not self.text[self.text.rfind("\n", 0, start) + 1 : start].strip()
        if not (self.is_latex or begins_line):
            raise self._stray("%", start)

    def _newline(self, value: str, start: int) -> None:
        if not self.brackets and not self._dollar:
            self._emit("SOFT", "\n", start)

    # Numbers and words

    def _number(self, value: str, start: int) -> None:
        mantissa, _, exponent = value.lower().partition("e")
        if len(mantissa) > 40 or len(exponent.lstrip("+-")) > 3:
            raise CellError(f"the number {quote(value)} is too long", hint="use at most 40 digits and 3 in the exponent", span=self._span(start))
        self._emit("NUMBER", value, start)

    def _word(self, value: str, start: int) -> None:
        spelling = re.compile(r"[A-Za-z][A-Za-z0-9_]*").match(self.text, start)
        if spelling and spelling[0] in FUNCTION_WORDS:
            self.pos = spelling.end()
            self._emit("FUNCTION", FUNCTION_WORDS[spelling[0]], start)
        elif value == "concat":
            self._emit("_CONCAT", value, start)
        elif self.is_latex and value not in GREEK_COMMANDS:
            self._letters(value, start)
        else:
            self._refuse_call(spelling[0] if spelling else value, start)
            self._name(value, start)

    def _letters(self, value: str, start: int) -> None:
        """In LaTeX letters are names of their own."""
        run = re.match(r"[A-Za-z]+", value)
        assert run
        if len(run[0]) > 2 or run[0].islower():
            self._refuse_call(run[0], start)
        self.pos = start + 1
        self._emit("NAME", value[0], start)
        self._refuse_time_call()

    def _refuse_call(self, word: str, start: int) -> None:
        if len(word.rstrip("0123456789")) > 1 and self.text.startswith("(", start + len(word)) and word.partition("_")[0] not in GREEK_COMMANDS:
            known = ", ".join(sorted(FUNCTION_WORDS))
            close = get_close_matches(word.lower(), FUNCTION_WORDS, 1)
            meant = f"did you mean '{close[0]}'? " if close else ""
            raise CellError(
                f"unknown function {quote(word)}", hint=f"{meant}known functions are {known}; for a product write a space before '('", span=self._span(start)
            )

    def _name(self, value: str, start: int) -> None:
        """A word as one name; digits behind it are a label."""
        span = self._span(start)
        letters = value.rstrip("0123456789")
        if len(value) > MAX_WORD:
            raise CellError(f"the name {quote(value)} is too long", hint=f"use at most {MAX_WORD} letters", span=span)
        if iskeyword(letters) and letters not in GREEK_COMMANDS:
            raise CellError(f"'{letters}' is a word of Python", hint="equations are not programs; give the variable another name", span=span)
        if not letters.isalpha():
            raise CellError(f"the name {quote(value)} has digits inside", hint="digits stand at the end or in a subscript, as in W_1", span=span)
        self._emit("NAME", letters, start)
        if letters != value:
            self._emit("SUB", value[len(letters) :], start + len(letters))
        self._refuse_time_call()

    def _refuse_time_call(self) -> None:
        """``h(t-1)`` could be a product."""
        if _UNKNOWN_TIME.match(self.text, self.pos):
            raise CellError("a time in brackets", hint="write the time as a subscript: h_t, h_{t-1}", span=self._span(self.pos))

    # Scripts

    def _script(self, value: str, start: int) -> None:
        attached = bool(self.tokens) and (self._follows_name(start) or (self.is_latex and self.text[start - 1 : start].isspace()))
        if value == "_" and not (attached or self._after_value()):
            raise CellError("a name cannot begin with '_'", hint="a name begins with a letter, as in W_f", span=self._span(start))
        braced = self.text.startswith("{", self.pos)
        text = self._argument(value, start)
        if value == "^" and self._fenced_number(text, braced):
            self._emit("POWER", text.strip("()"), start)
        else:
            self._emit("SUB" if value == "_" else "SUP", text, start)
        if text == "t" and value == "_" and not braced:
            self._refuse_ambiguous_time()

    def _after_value(self) -> bool:
        return bool(self.tokens) and self.tokens[-1].end_pos == self.pos - 1 and self.tokens[-1].type in ("NUMBER", "FUNCTION", "POWER", "ACCENT")

    @staticmethod
    def _fenced_number(text: str, braced: bool) -> bool:
        """``x^(1/2)`` is a power, ``W^{(2)}`` a label."""
        return not braced and text.startswith("(") and bool(EXPONENT.fullmatch(text.strip("()")))

    def _refuse_ambiguous_time(self) -> None:
        found = _AMBIGUOUS_TIME.match(self.text, self.pos)
        if found:
            sign = "-" if found[0][0] in MINUS_SIGNS else "+"
            raise CellError(
                f"'_t{sign}{found[1]}' is ambiguous",
                hint=f"write _{{t{sign}{found[1]}}} for another time step, or '{sign} {found[1]}' with spaces for the sum",
                span=self._span(self.pos - 2),
            )

    def _argument(self, sign: str, start: int) -> str:
        """What stands after '_' or '^', in the spelling that ``scripts`` reads."""
        span = self._span(start)
        if self.is_latex:
            self.pos += len(self.text[self.pos : self.pos + 80]) - len(self.text[self.pos : self.pos + 80].lstrip(" \t"))
        if self.text.startswith("{", self.pos):
            inside = tex.braced(self.text, self.pos, span)
            self.pos += len(inside) + 2
            return tex.flatten(inside, span)
        found = tex.ARGUMENT.match(self.text, self.pos) if self.is_latex else _PLAIN_ARGUMENT.match(self.text, self.pos)
        if not found or not found[0]:
            kind = "a subscript" if sign == "_" else "a superscript"
            raise CellError(f"expected {kind} after '{sign}'", hint="as in W_f, h_{t-1}, x^2", span=span)
        self.pos = found.end()
        if self.is_latex and re.match(r"[A-Za-z0-9]", found[0]):
            return self._one_letter(found[0], span)
        return tex.flatten(found[0], span)

    def _one_letter(self, run: str, span: Span) -> str:
        """TeX takes one character; ``W_10`` and ``h_prev`` were hardly meant so."""
        if run in TIME_WORDS or run in ("tilde", "hat", "bar"):
            return run
        if run[0].isdigit() and run[1:2].isdigit():
            raise CellError(f"{quote(run)} without braces is ambiguous", hint=f"write {{{run}}}", span=span)
        self.pos -= len(run) - 1
        return run[0]

    def _power(self, value: str, start: int) -> None:
        found = re.compile(r"\s*(\([^()\n]*\)|[+-]?[A-Za-z0-9.]+)").match(self.text, self.pos)
        if not found:
            raise CellError("expected an exponent after '**'", hint="as in x**2", span=self._span(start))
        self.pos = found.end()
        self._emit("POWER", found[1].strip("()").replace(" ", ""), start)

    def _transpose(self, value: str, start: int) -> None:
        self._emit("SUP", "T", start)

    def _attribute(self, value: str, start: int) -> None:
        raise CellError(f"attribute access {quote(value)}", hint="equations are not programs; names are letters with scripts, as in W_f", span=self._span(start))

    # Brackets and signs

    def _open(self, value: str, start: int) -> None:
        index = _INDEX_TIME.match(self.text, start) if value == "[" and self._follows_name(start) else None
        if index:
            self.pos = index.end()
            sign = {"+": "+", None: ""}.get(index[1], "-")
            self._emit("SUB", f"t{sign}{index[2] or ''}", start)
            return
        self.brackets.open(value, self._span(start))
        self._emit({"(": "_LPAR", "[": "_LSQUARE", "{": "_LBRACE"}[value], value, start)

    def _close(self, value: str, start: int) -> None:
        self.brackets.close(value, self._span(start))
        self._emit({")": "_RPAR", "]": "_RSQUARE", "}": "_RBRACE"}[value], value, start)

    def _equal(self, value: str, start: int) -> None:
        if self.text.startswith("=", self.pos):
            raise CellError("'==' is not part of the notation", hint="an equation has one '='", span=self._span(start))
        self._emit("_EQUAL", value, start)

    def _other(self, value: str, start: int) -> None:
        """Everything that is one character and not ASCII letters, digits or brackets."""
        if value in ",;.+$" or value in MINUS_SIGNS:
            self._sign(value, start)
        elif value in OPERATORS:
            self._emit("OPERATOR", OPERATORS[value], start)
        elif value in EQUAL_SIGNS:
            self._emit("_EQUAL", value, start)
        elif value in COMBINING or (value == "~" and not self.is_latex and self._follows_name(start)):
            self._emit("MARK", COMBINING.get(value, "tilde"), start)
        elif value in SUBSCRIPTS or value in SUPERSCRIPTS:
            self._raised(SUBSCRIPTS if value in SUBSCRIPTS else SUPERSCRIPTS, start)
        elif not (value == "~" or (value == "&" and self.is_latex)):
            self._letter(value, start)
        elif value == "&" and self.brackets.in_matrix:
            raise CellError("'&' inside a matrix", hint="only columns are read: separate the parts with \\\\", span=self._span(start))
        elif value == "~" and not self.is_latex:
            raise self._stray(value, start)

    def _sign(self, value: str, start: int) -> None:
        if value == "$":
            self._math_shift(start)
        elif value == ";" and not self.brackets.depth:
            self._emit("HARD", ";", start)
        elif value in MINUS_SIGNS:
            self._emit("MINUS", "-", start)
        else:
            self._emit({",": "_COMMA", ";": "_COMMA", "+": "_PLUS"}.get(value, "DOT"), value, start)

    def _math_shift(self, start: int) -> None:
        if self.text.startswith("$", self.pos):
            self.pos += 1
        mark = self.text[start : self.pos]
        self._dollar = "" if self._dollar == mark else mark
        self._emit("HARD", mark, start)

    def _raised(self, table: dict[str, str], start: int) -> None:
        """A run of Unicode sub- or superscript characters."""
        while self.text[self.pos : self.pos + 1] in table and self.pos < len(self.text):
            self.pos += 1
        text = "".join(table[c] for c in self.text[start : self.pos])
        self._emit("SUB" if table is SUBSCRIPTS else "SUP", text, start)

    def _letter(self, value: str, start: int) -> None:
        """Greek letters, letters with accents and letters of a mathematical alphabet."""
        base, *marks = unicodedata.normalize("NFD", value)
        base = GREEK_LETTERS.get(base, "") or unicodedata.normalize("NFKC", base)
        base = GREEK_LETTERS.get(base, base)
        if value in FUNCTION_WORDS:
            self._emit("FUNCTION", FUNCTION_WORDS[value], start)
        elif base.isascii() and base.isdigit() and not marks:
            self._emit("NUMBER", base, start)
        elif base.isascii() and base.isalpha() and all(m in COMBINING for m in marks):
            self._emit("NAME", base, start)
            for mark in marks:
                self._emit("MARK", COMBINING[mark], start)
            self._refuse_time_call()
        else:
            raise self._stray(value, start)

    def _stray(self, value: str, start: int) -> CellError:
        shown = f"'{value}'" if value.isprintable() and not unicodedata.combining(value) else code(value)
        return CellError(f"{shown} is not part of the notation", hint=_HINTS.get(value, "names, numbers, + - * @ ⊙ · / ^ and brackets are"), span=self._span(start))

    # LaTeX commands

    def _command(self, value: str, start: int) -> None:
        name = value[1:].removesuffix("*")
        if value in OPERATORS:
            self._emit("OPERATOR", OPERATORS[value], start)
        elif value in EQUAL_SIGNS:
            self._emit("_EQUAL", value, start)
        elif name in FUNCTION_COMMANDS:
            self._emit("FUNCTION", FUNCTION_COMMANDS[name], start)
        elif name in GREEK_COMMANDS:
            self._emit("NAME", GREEK_COMMANDS[name], start)
        elif name in ACCENT_COMMANDS:
            self._emit("ACCENT", ACCENT_COMMANDS[name], start)
        elif name in tex.FONTS:
            self._font(name, start)
        elif name in tex.IGNORED:
            pass
        else:
            self._structure(name, start)

    def _font(self, name: str, start: int) -> None:
        """Letters in an upright font are one word; any other font changes nothing."""
        word = re.compile(r"\s*\{\s*([A-Za-z]+[0-9]*)\s*\}").match(self.text, self.pos) if name in tex.UPRIGHT else None
        if not word:
            return
        self.pos = word.end()
        if word[1] in FUNCTION_WORDS:
            self._emit("FUNCTION", FUNCTION_WORDS[word[1]], start)
        else:
            if self.text.startswith("(", self.pos) and len(word[1]) > 1:
                self._refuse_call_of(word[1], start)
            self._name(word[1], start)

    def _refuse_call_of(self, word: str, start: int) -> None:
        raise CellError(f"unknown function {quote(word)}", hint=f"known functions are {', '.join(sorted(FUNCTION_WORDS))}", span=self._span(start))

    def _structure(self, name: str, start: int) -> None:
        """Environments, fractions, line ends and brackets that are commands."""
        if name in ("begin", "end"):
            self._environment(name, start)
        elif name in ("frac", "dfrac", "tfrac"):
            self._emit("FRACTION", name, start)
            self._fraction_digits()
        elif name == "\\":
            self._line_end(start)
        elif name in "[]" and name:
            self.brackets.display(name == "[")
            self._emit("HARD", name, start)
        elif name in ("{", "lbrace", "lbrack", "}", "rbrace", "rbrack"):
            value = {"lbrace": "{", "lbrack": "[", "rbrace": "}", "rbrack": "]"}.get(name, name)
            (self._open if value in "{[" else self._close)(value, start)
        elif name in tex.WITH_ARGUMENT:
            self._skip_argument(start)
        else:
            self._shorthand(name, start)

    def _shorthand(self, name: str, start: int) -> None:
        if name == "T":
            self._emit("SUP", "T", start)
        elif name == "E":
            self._emit("NUMBER", "1", start)
        else:
            close = get_close_matches(name, tex.KNOWN, 1)
            hint = f"did you mean \\{close[0]}?" if close else tex.REFUSED.get(name, "macros of your own are not expanded")
            raise CellError(f"unknown command {quote(chr(92) + name)}", hint=tex.REFUSED.get(name, hint), span=self._span(start))

    def _fraction_digits(self) -> None:
        r"""``\frac12`` takes single digits."""
        found = re.compile(r"\s*([0-9])([0-9])?").match(self.text, self.pos)
        for group in (1, 2):
            if found and found[group]:
                self.pos = found.end(group)
                self._emit("NUMBER", found[group], found.start(group))

    def _skip_argument(self, start: int) -> None:
        found = re.compile(r"\s*").match(self.text, self.pos)
        self.pos = found.end() if found else self.pos
        if self.text.startswith("{", self.pos):
            self.pos += len(tex.braced(self.text, self.pos, self._span(start))) + 2

    def _line_end(self, start: int) -> None:
        dimension = re.compile(r"\s*\[\s*-?[0-9.]+\s*(?:pt|em|ex|mm|cm)\s*\]").match(self.text, self.pos)
        self.pos = dimension.end() if dimension else self.pos
        if self.brackets.in_list:
            if not re.compile(r"\s*\\end\b").match(self.text, self.pos):
                self._emit("_COMMA", "\\\\", start)
        elif not self.brackets.depth:
            self._emit("SOFT", "\\\\", start)

    def _environment(self, name: str, start: int) -> None:
        found = re.compile(r"\s*\{\s*([A-Za-z]+)\*?\s*\}").match(self.text, self.pos)
        environment = found[1] if found else ""
        self.pos = found.end() if found else self.pos
        if environment in tex.MATRICES:
            if environment == "array" and name == "begin":
                self._skip_argument(start)
            (self.brackets.open if name == "begin" else self.brackets.close)(f"\\{name}{{{environment}}}", self._span(start))
            self._emit("_LMATRIX" if name == "begin" else "_RMATRIX", f"\\{name}{{{environment}}}", start)
        elif environment in tex.DISPLAYS:
            if environment == "alignat" and name == "begin":
                self._skip_argument(start)
            self.brackets.display(name == "begin")
            self._emit("HARD", f"\\{name}{{{environment}}}", start)
        else:
            raise CellError(f"unknown environment {quote(environment)}", hint=f"known are {', '.join(sorted(tex.DISPLAYS | tex.MATRICES))}", span=self._span(start))


# Without LaTeX a script without braces is a run of letters and digits, one Greek letter, or something in round brackets.
_PLAIN_ARGUMENT = re.compile(rf"[A-Za-z0-9]+|[{''.join(GREEK_LETTERS)}⊤'′]|\([^()\n]*\)|-[0-9]+(?![0-9.])")
