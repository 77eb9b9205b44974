"""What an operation costs, and the bucket that it is paid from.

An object costs 1, a scalar nothing, a mutation 10 more; a connection 2 and its node so often as
the logarithm of its size says. The actual cost is that of what was found.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLSchema,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    is_composite_type,
)

from connectors.sandbox.shopify import selecting
from connectors.sandbox.shopify.faults import Knobs
from connectors.sandbox.shopify.selecting import Selected

LARGEST = 1000
MUTATION = 10


@dataclass(frozen=True, slots=True)
class Calculator:
    """Counts the points of one operation of a valid document."""

    opener: selecting.Opener
    variables: Mapping[str, Any]

    def cost(
        self, operation: OperationDefinitionNode, data: Mapping[str, Any] | None = None
    ) -> int:
        """What has to be available before it is run; with its data, what it took in the end."""
        schema, mutation = self.opener.schema, operation.operation is OperationType.MUTATION
        root = schema.mutation_type if mutation else schema.query_type
        fields = list(self.opener.fields(operation.selection_set, root))
        return self._sum(fields, data) + MUTATION * mutation

    def _sum(self, fields: Sequence[Selected], data: Any) -> int:
        return sum(self._field(one, data) for one in fields)

    def _field(self, field: Selected, data: Any) -> int:
        if field.type is None or not is_composite_type(field.type):
            return 0
        value = data.get(field.key) if isinstance(data, Mapping) else None
        if isinstance(data, Mapping) and value is None:
            return 0
        if field.is_connection:
            return self._connection(field, value)
        inside = self.opener.inside(field)
        if isinstance(value, list):
            return sum(1 + self._sum(inside, one) for one in value)
        return 1 + self._sum(inside, value)

    def _connection(self, field: Selected, value: Any) -> int:
        node = self.opener.node_fields(field)
        if isinstance(value, Mapping):
            items = _items(value)
            costs = [1 + self._sum(node, one) for one in items]
        else:
            items = [None] * self._size(field)
            costs = [1 + self._sum(node, None)] if items else []
        if not costs:
            return 2
        return 2 + max(1, math.floor(2 * math.log(len(items)))) * max(costs)

    def _size(self, field: Selected) -> int:
        for one in field.node.arguments or ():
            if one.name.value == "first" and isinstance(one.value, VariableNode):
                return int(self.variables.get(one.value.name.value) or 0)
            if one.name.value == "first" and isinstance(one.value, IntValueNode):
                return int(one.value.value)
        return 0


def _items(connection: Mapping[str, Any]) -> list[Any]:
    if connection.get("nodes") is not None:
        return list(connection["nodes"])
    return [one.get("node") or {} for one in connection.get("edges") or ()]


def calculator(
    schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any]
) -> Calculator:
    """A calculator for a document's operations."""
    return Calculator(selecting.opener(schema, document), variables)


class Bucket:
    """Points that leak back at the knobs' rate; ``clock`` gives seconds."""

    def __init__(self, knobs: Knobs, clock: Callable[[], float] = time.monotonic) -> None:
        self.knobs, self.clock = knobs, clock
        self.lock = threading.Lock()
        self.spent, self.at = 0.0, clock()

    def take(self, cost: int) -> bool:
        """Pay, or refuse where there isn't enough."""
        with self.lock:
            self._restore()
            if self.spent + cost > self.knobs.available:
                return False
            self.spent += cost
            return True

    def give_back(self, points: int) -> None:
        """What was asked for and not used."""
        with self.lock:
            self.spent = max(0.0, self.spent - points)

    def status(self) -> dict[str, float]:
        """The bucket as every answer tells it."""
        with self.lock:
            self._restore()
            available = float(self.knobs.available)
            return {
                "maximumAvailable": available,
                "currentlyAvailable": max(0, math.floor(available - self.spent)),
                "restoreRate": float(self.knobs.restore_rate),
            }

    def _restore(self) -> None:
        now = self.clock()
        self.spent = max(0.0, self.spent - (now - self.at) * self.knobs.restore_rate)
        self.at = now
