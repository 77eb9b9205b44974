"""One GraphQL request: read, checked, priced, run, and answered in Shopify's words."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    execute_sync,
    get_variable_values,
    parse,
    specified_rules,
    validate,
)
from graphql.utilities import get_operation_ast

from connectors.sandbox.shopify import context, costing, graph, selecting, walking
from connectors.sandbox.shopify.goods import Json

LIMITS = "https://shopify.dev/api/usage/rate-limits"
UNKNOWN_FIELD = re.compile(r"Cannot query field '(?P<field>\w+)' on type '(?P<type>\w+)'")
TOO_DEAR = (
    "Query cost is {cost}, which exceeds the single query max cost limit ({limit}).\n\n"
    "See https://shopify.dev/concepts/about-apis/rate-limits for more information on how the\n"
    "cost of a query is calculated.\n\nTo query larger amounts of data with fewer limits, bulk "
    "operations should be used instead.\n"
)


class AnswerError(Exception):
    """The request isn't run: its argument is the whole answer."""

    def __init__(self, *errors: Json, extensions: Json | None = None) -> None:
        super().__init__("not run")
        self.answer: Json = {"errors": list(errors)}
        if extensions:
            self.answer["extensions"] = extensions


def read(body: Mapping[str, Any]) -> tuple[DocumentNode, OperationDefinitionNode]:
    """The document and its operation, held against the schema."""
    return _read(str(body.get("query") or ""), body.get("operationName"))


@lru_cache(maxsize=256)
def _read(text: str, name: str | None) -> tuple[DocumentNode, OperationDefinitionNode]:
    document = parsed(text)
    if faults := validate(graph.schema(), document, specified_rules):
        raise AnswerError(*(_fault(error) for error in faults))
    operation = get_operation_ast(document, name)
    if operation is None:
        raise AnswerError({"message": "An operation name is required"})
    return document, operation


def parsed(text: str) -> DocumentNode:
    """A document of some text."""
    if not text.strip():
        raise AnswerError({"message": "No query document was given"})
    try:
        return parse(text)
    except GraphQLSyntaxError as error:
        raise AnswerError(
            {"message": error.message, "locations": _places(error),
             "extensions": {"code": "parseError"}}
        ) from None  # fmt: skip


def run(body: Mapping[str, Any], request: context.Request, bucket: costing.Bucket) -> Json:
    """The answer to a request whose sender was let in."""
    document, operation = read(body)
    variables = body.get("variables") or {}
    calculator = costing.calculator(graph.schema(), document, variables)
    cost = calculator.cost(operation)
    _afford(cost, request, bucket)
    result = walked(document, operation, variables, request) or execute_sync(
        graph.schema(), document, context_value=request, variable_values=variables,
        operation_name=body.get("operationName"),
    )  # fmt: skip
    actual = min(cost, calculator.cost(operation, result.data)) if result.data else 0
    bucket.give_back(cost - actual)
    answer: Json = {}
    if result.errors:
        answer["errors"] = [_failure(error) for error in result.errors]
    if result.data is not None or not _before_execution(result.errors):
        answer["data"] = result.data
    answer["extensions"] = {"cost": _cost(cost, actual, bucket)}
    if request.warnings:
        answer["extensions"]["search"] = request.warnings
    return answer


def walked(
    document: DocumentNode, operation: OperationDefinitionNode, variables: Json,
    request: context.Request,
) -> ExecutionResult | None:  # fmt: skip
    """What a query finds; None where graphql-core has to say it."""
    schema = graph.schema()
    given = get_variable_values(schema, operation.variable_definitions or (), variables)
    if operation.operation is OperationType.MUTATION or isinstance(given, list):
        return None
    opener = selecting.opener(schema, document)
    walker = walking.Walker(opener, request, given)
    try:
        fields = walker.ready(opener.fields(operation.selection_set, schema.query_type))
        return ExecutionResult(walker.object({}, fields), None)
    except (GraphQLError, walking.UnsuitableError):
        request.warnings.clear()
        return None


def is_mutation(body: Mapping[str, Any]) -> bool:
    """Whether a valid request changes something."""
    try:
        _, operation = read(body)
    except AnswerError:
        return False
    return operation.operation is OperationType.MUTATION


def _afford(cost: int, request: context.Request, bucket: costing.Bucket) -> None:
    if cost > costing.LARGEST:
        message = TOO_DEAR.format(cost=cost, limit=costing.LARGEST)
        raise AnswerError(
            {"message": message,
             "extensions": {"code": "MAX_COST_EXCEEDED", "cost": cost,
                            "maxCost": costing.LARGEST, "documentation": LIMITS}}
        )  # fmt: skip
    if request.knobs.take("throttled") or not bucket.take(cost):
        raise AnswerError(
            {"message": "Throttled",
             "extensions": {"code": "THROTTLED", "documentation": LIMITS}},
            extensions={"cost": _cost(cost, None, bucket)},
        )  # fmt: skip
    if request.knobs.take("internal"):
        bucket.give_back(cost)
        raise AnswerError(
            {"message": f"Internal error. Looks like something went wrong on our end.\nRequest "
                        f"ID: {int(time.time())} (include this in support requests).",
             "extensions": {"code": "INTERNAL_SERVER_ERROR"}},
        )  # fmt: skip


def _cost(requested: int, actual: int | None, bucket: costing.Bucket) -> Json:
    return {
        "requestedQueryCost": requested, "actualQueryCost": actual,
        "throttleStatus": bucket.status(),
    }  # fmt: skip


def _before_execution(errors: list[GraphQLError] | None) -> bool:
    return bool(errors) and all(error.path is None for error in errors or ())


def _failure(error: GraphQLError) -> Json:
    """An error of a field, or of a variable."""
    found: Json = {"message": error.message}
    if places := _places(error):
        found["locations"] = places
    if error.path:
        found["path"] = list(error.path)
    if error.extensions:
        found["extensions"] = error.extensions
    elif error.path is None:
        found["extensions"] = {"code": "INVALID_VARIABLE"}
    elif error.original_error is not None:
        found["extensions"] = {"code": "INTERNAL_SERVER_ERROR"}
    return found


def _fault(error: GraphQLError) -> Json:
    """An error of the document; a field that there is not is told as Shopify tells it."""
    found: Json = {"message": error.message, "locations": _places(error)}
    match = UNKNOWN_FIELD.match(error.message)
    if match is None:
        return {**found, "extensions": {"code": "invalidDocument"}}
    return {
        "message": f"Field '{match['field']}' doesn't exist on type '{match['type']}'",
        "locations": found["locations"],
        "path": ["query", match["field"]],
        "extensions": {
            "code": "undefinedField", "typeName": match["type"], "fieldName": match["field"],
        },
    }  # fmt: skip


def _places(error: GraphQLError) -> list[Json]:
    return [{"line": one.line, "column": one.column} for one in error.locations or ()]
