// The tree of a parsed template. Each node that can fail keeps its place and its source text,
// because Go's error messages quote both.

/// Where something stands in a template, counted from 1 (column in bytes).
struct TemplatePlace: Sendable, Equatable {
    var line: Int
    var column: Int
}

/// What a template is made of.
indirect enum TemplateNode: Sendable {
    case text(String)
    case action(TemplatePipeline)
    case when(TemplatePipeline, then: [TemplateNode], otherwise: [TemplateNode])
    case with(TemplatePipeline, then: [TemplateNode], otherwise: [TemplateNode])
    case range(TemplatePipeline, body: [TemplateNode], otherwise: [TemplateNode])
    case call(name: String, TemplatePipeline?, TemplatePlace)
    case leaveLoop
    case nextTurn
}

/// `$x := a | b c`.
struct TemplatePipeline: Sendable {
    var place: TemplatePlace
    /// Variables that it sets: none, one, or two in `range`.
    var variables: [String] = []
    /// True for `=`, false for `:=`.
    var assigns = false
    var commands: [TemplateCommand] = []
}

/// An operand, or a function with its arguments.
struct TemplateCommand: Sendable {
    var place: TemplatePlace
    /// The source text, for messages.
    var source: String
    var operands: [TemplateOperand] = []
}

/// One operand with its place.
struct TemplateOperand: Sendable {
    indirect enum Kind: Sendable {
        case dot
        case none
        case constant(TemplateValue)
        /// `.A.B`
        case fields([String])
        /// `$x.A`
        case variable(String, [String])
        case function(String)
        /// `(…).A`
        case group(TemplatePipeline, [String])
    }

    var place: TemplatePlace
    var kind: Kind
}
