"""What the code of a checkout looks like in figures: sizes, density, names, comments, types.

    python -m bench.figures [CHECKOUT ...]

Several checkouts stand side by side, which shows what became better and what did not. Nothing of a
checkout is run or imported, and nothing but the standard library is needed, so that an old commit
or a foreign project can be counted too. Migrations are left out. Code is what `--code` names,
tests what `--tests` names.
"""

from __future__ import annotations

import ast
import io
import tokenize
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path

CODE, TESTS = ("apps", "fixtures", "hexostore"), ("tests",)
LONG_FILE, SHORT_FILE, LONG_FUNCTION = 400, 60, 50

Function = ast.FunctionDef | ast.AsyncFunctionDef
Documented = ast.Module | ast.ClassDef | Function

_LAYOUT = {
    tokenize.COMMENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
    tokenize.INDENT,
    tokenize.NEWLINE,
    tokenize.NL,
}
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Source:
    """One file of code, read as text, as tokens and as a tree."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = path.read_text(encoding="utf-8")

    @cached_property
    def lines(self) -> int:
        return len(self.text.splitlines())

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(ast.parse(self.text)))

    @cached_property
    def tokens(self) -> list[tokenize.TokenInfo]:
        """Return the tokens that say something: no layout, no comments, no docstrings."""
        documented = self.docstring_lines
        return [
            token
            for token in self._all_tokens
            if token.type not in _LAYOUT and token.start[0] not in documented
        ]

    @cached_property
    def comments(self) -> int:
        return sum(token.type == tokenize.COMMENT for token in self._all_tokens)

    @cached_property
    def code_lines(self) -> set[int]:
        """Return the numbers of the lines with code, which docstrings are not."""
        spans = (range(token.start[0], token.end[0] + 1) for token in self.tokens)
        return set(chain.from_iterable(spans))

    @cached_property
    def docstring_lines(self) -> set[int]:
        spans = (_docstring_span(node) for node in self.nodes if isinstance(node, Documented))
        return set(chain.from_iterable(spans))

    @cached_property
    def functions(self) -> list[Function]:
        return [node for node in self.nodes if isinstance(node, Function)]

    @cached_property
    def classes(self) -> list[ast.ClassDef]:
        return [node for node in self.nodes if isinstance(node, ast.ClassDef)]

    def tokens_of(self, function: Function) -> int:
        return sum(self.line_tokens[line] for line in _span(function))

    @cached_property
    def line_tokens(self) -> Counter[int]:
        """Return how many tokens start on each line."""
        return Counter(token.start[0] for token in self.tokens)

    @cached_property
    def _all_tokens(self) -> list[tokenize.TokenInfo]:
        return list(tokenize.generate_tokens(io.StringIO(self.text).readline))


def _span(node: Function) -> range:
    """Return the lines of a function from its `def` to its end, with its docstring."""
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def _docstring_span(node: Documented) -> range:
    if ast.get_docstring(node, clean=False) is None:
        return range(0)
    text = node.body[0]
    return range(text.lineno, (text.end_lineno or text.lineno) + 1)


@dataclass(frozen=True)
class Checkout:
    """The files of a checkout: its code and its tests."""

    code: Sequence[Source]
    tests: Sequence[Source]

    @cached_property
    def lines(self) -> int:
        return sum(each.lines for each in self.code)

    @cached_property
    def sloc(self) -> int:
        return sum(len(each.code_lines) for each in self.code)

    @cached_property
    def functions(self) -> list[Function]:
        return [function for each in self.code for function in each.functions]

    @cached_property
    def function_lines(self) -> list[int]:
        return _lines_of_functions(self.code)

    @cached_property
    def parameters(self) -> list[ast.arg]:
        """Return the named parameters of all functions, `self` and `cls` among them."""
        arguments = (function.args for function in self.functions)
        return [each for a in arguments for each in (*a.posonlyargs, *a.args, *a.kwonlyargs)]

    @cached_property
    def starred(self) -> list[ast.arg]:
        """Return the `*args` and `**kwargs` of all functions."""
        arguments = (function.args for function in self.functions)
        return [each for a in arguments for each in (a.vararg, a.kwarg) if each is not None]

    def count(self, kinds: tuple[type[ast.AST], ...]) -> int:
        """Return how many nodes of those kinds the code has."""
        return sum(isinstance(node, kinds) for each in self.code for node in each.nodes)


def read(root: Path, code: Iterable[str] = CODE, tests: Iterable[str] = TESTS) -> Checkout:
    """Return what stands in those folders of a checkout; folders that are not there are empty."""
    return Checkout(list(_sources(root, code)), list(_sources(root, tests)))


def _sources(root: Path, folders: Iterable[str]) -> Iterator[Source]:
    for folder in folders:
        for path in sorted((root / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield Source(path)


def sizes(of: Checkout) -> str:
    return f"{len(of.code)} / {of.lines:,}"


def code_lines(of: Checkout) -> str:
    return f"{of.sloc:,}"


def function_lines(of: Checkout) -> str:
    return _spread(of.function_lines)


def function_tokens(of: Checkout) -> str:
    return _spread([each.tokens_of(f) for each in of.code for f in each.functions])


def long_functions(of: Checkout) -> str:
    return str(sum(lines > LONG_FUNCTION for lines in of.function_lines))


def tokens_per_line(of: Checkout) -> str:
    return f"{sum(len(each.tokens) for each in of.code) / of.sloc:.1f}"


def dense_expressions(of: Checkout) -> str:
    """Return conditional expressions and comprehensions in a thousand lines of code."""
    kinds = ((ast.IfExp,), _COMPREHENSIONS)
    return " / ".join(f"{1000 * of.count(kind) / of.sloc:.0f}" for kind in kinds)


def file_lines(of: Checkout) -> str:
    lines = sorted(each.lines for each in of.code)
    return f"{_at(lines, 0.9)} / {lines[-1]}; {sum(each > LONG_FILE for each in lines)}"


def short_files(of: Checkout) -> str:
    """Return the share of short files; those without a line of code are not counted."""
    filled = [each for each in of.code if each.code_lines]
    return _share(sum(each.lines < SHORT_FILE for each in filled), len(filled))


def test_ratio(of: Checkout) -> str:
    lines = sum(each.lines for each in of.tests)
    sloc = sum(len(each.code_lines) for each in of.tests)
    return f"{lines / of.lines:.2f} ({sloc / of.sloc:.2f})"


def test_function_lines(of: Checkout) -> str:
    return _spread(_lines_of_functions(of.tests, "test_"))


def docstrings(of: Checkout) -> str:
    """Return the shares of modules with code, of classes and of public functions."""
    modules = [each.nodes[0] for each in of.code if each.code_lines]
    classes = [node for each in of.code for node in each.classes]
    public = [function for function in of.functions if not function.name.startswith("_")]
    shares = (_documented_share(nodes) for nodes in (modules, classes, public))
    return " / ".join(shares)


def comments(of: Checkout) -> str:
    return f"{100 * sum(each.comments for each in of.code) / of.sloc:.1f}"


def biggest_folder(of: Checkout) -> str:
    folders = Counter(each.path.parent for each in of.code if each.path.name != "__init__.py")
    ((folder, count),) = folders.most_common(1)
    return f"{folder.name} {count}"


def any_parameters(of: Checkout) -> str:
    found = sum(map(_is_any, of.parameters))
    return f"{found} ({_share(found, len(of.parameters), 1)})"


def any_starred(of: Checkout) -> str:
    return str(sum(map(_is_any, of.starred)))


def any_returns(of: Checkout) -> str:
    return str(sum(_names_any(function.returns) for function in of.functions))


def one_word_names(of: Checkout) -> str:
    """Return the share of functions whose name is one word; dunder names do not count."""
    names = [f.name.strip("_") for f in of.functions if not f.name.startswith("__")]
    return _share(sum("_" not in name for name in names), len(names))


def repeated_class_names(of: Checkout) -> str:
    """Return how many names two or more classes have; classes inside a class do not count."""
    names = Counter(name for each in of.code for name in _outer_classes(each))
    return str(sum(count > 1 for count in names.values()))


ROWS: tuple[tuple[str, Callable[[Checkout], str]], ...] = (
    ("files / lines", sizes),
    ("SLOC", code_lines),
    ("function lines: median / p90 / max", function_lines),
    ("function tokens: median / p90 / max", function_tokens),
    (f"functions over {LONG_FUNCTION} lines", long_functions),
    ("tokens per line", tokens_per_line),
    ("conditional expressions / comprehensions per 1 k lines", dense_expressions),
    (f"file lines: p90 / max; files over {LONG_FILE}", file_lines),
    (f"files under {SHORT_FILE} lines", short_files),
    ("test lines : code lines (SLOC)", test_ratio),
    ("test function lines: median / p90 / max", test_function_lines),
    ("docstrings: module / class / public function", docstrings),
    ("comments per 100 SLOC", comments),
    ("modules in the biggest folder", biggest_folder),
    ("parameters that are bare `Any`", any_parameters),
    ("`*args: Any` and `**kwargs: Any`", any_starred),
    ("functions that return bare `Any`", any_returns),
    ("one-word function names", one_word_names),
    ("class names used for two or more classes", repeated_class_names),
)


def table(checkouts: Sequence[Checkout], titles: Sequence[str]) -> str:
    """Return the figures as a table in Markdown, one column for each checkout."""
    head = ["", *titles]
    rows = [[name, *(figure(each) for each in checkouts)] for name, figure in ROWS]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))


def _lines_of_functions(sources: Iterable[Source], prefix: str = "") -> list[int]:
    return [
        len(_span(function))
        for each in sources
        for function in each.functions
        if function.name.startswith(prefix)
    ]


def _outer_classes(source: Source) -> Iterator[str]:
    inner = {id(child) for each in source.classes for child in each.body}
    return (each.name for each in source.classes if id(each) not in inner)


def _names_any(annotation: ast.expr | None) -> bool:
    return isinstance(annotation, ast.Name) and annotation.id == "Any"


def _is_any(parameter: ast.arg) -> bool:
    return _names_any(parameter.annotation)


def _documented_share(nodes: Sequence[ast.AST]) -> str:
    found = [node for node in nodes if isinstance(node, Documented) and ast.get_docstring(node)]
    return _share(len(found), len(nodes))


def _share(part: int, whole: int, digits: int = 0) -> str:
    return f"{100 * part / max(1, whole):.{digits}f} %"


def _spread(numbers: Iterable[int]) -> str:
    rising = sorted(numbers) or [0]
    return f"{_at(rising, 0.5)} / {_at(rising, 0.9)} / {rising[-1]}"


def _at(rising: Sequence[int], share: float) -> int:
    """Return the number below which that share of the others is."""
    return rising[min(len(rising) - 1, int(len(rising) * share))]


def main() -> None:
    parser = ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("checkout", nargs="*", type=Path, default=[Path()])
    parser.add_argument("--code", nargs="+", default=CODE, metavar="FOLDER")
    parser.add_argument("--tests", nargs="+", default=TESTS, metavar="FOLDER")
    given = parser.parse_args()
    checkouts = [read(root, given.code, given.tests) for root in given.checkout]
    print(table(checkouts, [root.resolve().name for root in given.checkout]))


if __name__ == "__main__":
    main()
