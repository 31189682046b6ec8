// What the templates of an alert's labels and annotations see. A template that fails puts its error
// where its text would be and stops nothing: an alert with a bad sentence still has to arrive.

public import Basics

/// The data of an alert's templates.
public struct AlertTemplate: Sendable {
    /// The variables that are always declared.
    static let variables = ["$labels", "$externalLabels", "$externalURL", "$value"]

    private let data: TemplateValue
    private let values: [String: TemplateValue]
    private let world: TemplateWorld

    public init(labels: Labels, value: Double, externalLabels: Labels, world: TemplateWorld) {
        data = .record([
            ("Labels", .labels(labels)), ("ExternalLabels", .labels(externalLabels)),
            ("ExternalURL", .string(world.externalURL)), ("Value", .float(value)),
        ])
        values = [
            "$labels": .labels(labels), "$externalLabels": .labels(externalLabels),
            "$externalURL": .string(world.externalURL), "$value": .float(value),
        ]
        self.world = world
    }

    /// The expanded text, or `<error expanding template: …>`.
    public func expand(_ text: RuleText) -> String {
        guard let template = text.template else { return text.source }
        do {
            return try template.expand(data, variables: values, world: world)
        } catch {
            return "<error expanding template: error executing template \(template.name): \(error)>"
        }
    }
}
