"""The pipeline's public face: what it says it offers is there, in order, and is all there is."""

import ast
import inspect
from pathlib import Path

import pipeline


def test_all_is_sorted_as_imports_are() -> None:
    constants_then_classes = sorted(
        pipeline.__all__, key=lambda name: (not name.isupper(), not name[0].isupper(), name)
    )
    assert list(pipeline.__all__) == constants_then_classes


def test_all_names_can_be_imported() -> None:
    assert not [name for name in pipeline.__all__ if not hasattr(pipeline, name)]


def test_all_is_everything_that_the_face_imports_or_defines() -> None:
    shown = set()
    for node in ast.parse(Path(inspect.getfile(pipeline)).read_text("utf-8")).body:
        if isinstance(node, ast.ImportFrom):
            shown |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            shown.add(node.name)
    assert set(pipeline.__all__) == {name for name in shown if not name.startswith("_")}


def test_every_exported_error_is_a_pipeline_error() -> None:
    errors = {
        member
        for member in vars(pipeline).values()
        if inspect.isclass(member) and issubclass(member, Exception)
    }
    assert pipeline.PipelineError in errors
    assert all(issubclass(error, pipeline.PipelineError) for error in errors)
