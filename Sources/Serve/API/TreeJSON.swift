// `/api/v1/parse_query`: a query's tree in the JSON that Prometheus' page draws trees from. Keys stand
// in the order of their bytes, as Go writes maps.

internal import Basics
internal import Bytes
internal import Query

/// Writes a tree as `parse_query` answers it.
func writeTree(_ tree: Query.Expression, to writer: inout JSONWriter) {
    writer.beginObject()
    switch tree {
    case .number(let node):
        writer.field("type", "numberLiteral")
        writer.field("val", numberText(node.value, .plain))
    case .string(let node):
        writer.field("type", "stringLiteral")
        writer.field("val", node.text)
    case .paren(let node):
        writer.key("expr")
        writeTree(node.expression, to: &writer)
        writer.field("type", "parenExpr")
    case .unary(let node):
        writer.key("expr")
        writeTree(node.operand, to: &writer)
        writer.field("op", node.isNegation ? "-" : "+")
        writer.field("type", "unaryExpr")
    case .vector(let node):
        writeSelector(node, range: nil, to: &writer)
    case .range(let node):
        writeSelector(node.vector, range: node.rangeMillis, to: &writer)
    case .subquery(let node):
        writer.key("expr")
        writeTree(node.expression, to: &writer)
        writer.key("offset")
        writer.number(Int(node.shift.offsetMillis))
        writer.key("range")
        writer.number(Int(node.rangeMillis))
        writeMoment(node.shift, before: "step", Int(node.stepMillis ?? 0), to: &writer)
        writer.field("type", "subquery")
    case .binary(let node): writeBinary(node, to: &writer)
    case .call(let node): writeCall(node, to: &writer)
    case .aggregation(let node):
        writer.key("expr")
        writeTree(node.expression, to: &writer)
        writer.key("grouping")
        writeNames(node.grouping, to: &writer)
        writer.field("op", node.operation.rawValue)
        writer.key("param")
        if let parameter = node.parameter {
            writeTree(parameter, to: &writer)
        } else {
            writer.null()
        }
        writer.field("type", "aggregation")
        writer.key("without")
        writer.bool(node.isWithout)
    }
    writer.endObject()
}

private func writeBinary(_ node: BinaryOperation, to writer: inout JSONWriter) {
    writer.key("bool")
    writer.bool(node.returnsBool)
    writer.key("lhs")
    writeTree(node.left, to: &writer)
    writer.key("matching")
    if let matching = node.matching {
        writer.beginObject()
        let card =
            switch matching.cardinality {
            case .oneToOne: "one-to-one"
            case .manyToOne: "many-to-one"
            case .oneToMany: "one-to-many"
            case .manyToMany: "many-to-many"
            }
        writer.field("card", card)
        writer.key("include")
        writeNames(matching.included, to: &writer)
        writer.key("labels")
        writeNames(matching.labels, to: &writer)
        writer.key("on")
        writer.bool(matching.isOn)
        writer.endObject()
    } else {
        writer.null()
    }
    writer.field("op", node.operation.rawValue)
    writer.key("rhs")
    writeTree(node.right, to: &writer)
    writer.field("type", "binaryExpr")
}

private func writeCall(_ node: FunctionCall, to writer: inout JSONWriter) {
    writer.key("args")
    writer.beginArray()
    for argument in node.arguments { writeTree(argument, to: &writer) }
    writer.endArray()
    let signature = node.function.signature
    writer.key("func")
    writer.beginObject()
    writer.key("argTypes")
    writeNames(signature.arguments.map(typeName), to: &writer)
    writer.field("name", node.function.rawValue)
    writer.field("returnType", typeName(signature.result))
    writer.key("variadic")
    writer.number(signature.variadic)
    writer.endObject()
    writer.field("type", "call")
}

/// The type as Prometheus' trees name it.
private func typeName(_ type: ValueType) -> String {
    switch type {
    case .scalar: "scalar"
    case .vector: "vector"
    case .matrix: "matrix"
    case .string: "string"
    }
}

private func writeNames(_ names: [String], to writer: inout JSONWriter) {
    writer.beginArray()
    for name in names { writer.string(name) }
    writer.endArray()
}

private func writeSelector(_ node: VectorSelector, range: Millis?, to writer: inout JSONWriter) {
    writer.key("matchers")
    writer.beginArray()
    for matcher in node.matchers {
        writer.beginObject()
        writer.field("name", matcher.name)
        writer.field("type", matcher.operation.rawValue)
        writer.field("value", matcher.value)
        writer.endObject()
    }
    writer.endArray()
    writer.field("name", node.name ?? "")
    writer.key("offset")
    writer.number(Int(node.shift.offsetMillis))
    if let range {
        writer.key("range")
        writer.number(Int(range))
    }
    writeMoment(node.shift, to: &writer)
    writer.field("type", range == nil ? "vectorSelector" : "matrixSelector")
}

/// `startOrEnd` and `timestamp` of an `@`; a key that lies between them is written there.
private func writeMoment(
    _ shift: TimeShift, before name: String? = nil, _ value: Int = 0, to writer: inout JSONWriter
) {
    writer.key("startOrEnd")
    switch shift.moment {
    case .start: writer.string("start")
    case .end: writer.string("end")
    case .time, nil: writer.null()
    }
    if let name {
        writer.key(name)
        writer.number(value)
    }
    writer.key("timestamp")
    if case .time(let time) = shift.moment { writer.number(Int(time)) } else { writer.null() }
}
