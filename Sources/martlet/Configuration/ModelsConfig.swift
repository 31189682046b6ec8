// What the configuration says about models: `models:` names each with its server, its reference, what it
// is released as and what may be kept of it; `predictions:` says how long answers are kept, and
// `drift_response:` from which loss on something is to be done.

import Basics
import Bytes
import Foundation
import Keep
import Reason

/// The sections about models.
struct ModelsConfig: Sendable {
    /// One model.
    struct Model: Sendable, Equatable {
        var name: String
        /// Where it serves; its metrics are found from there.
        var server: String?
        /// Where its metrics are, when they are not to be found from the server.
        var metrics: String?
        var version: String?
        /// `stage`, `commit`, `data_version`, `service` for the registry.
        var fields: [String: String] = [:]
        /// A CSV file or a file of prediction lines.
        var reference: String?
        /// Followed files of prediction lines.
        var files: [String] = []
        var keepsTexts = false
        var window = WindowPolicy()
    }

    var models: [Model] = []
    var storage = PredictionKeeperOptions()
    /// Days that profiles of answers are kept: thirteen months, so that a season has the last one's.
    var profileDays = 400
    /// What the drift response asks.
    var response = DriftResponsePolicy()
    /// Where relative paths start.
    var folder = "."

    init() {}

    /// Reads the sections of the root.
    init(root: Section, folder: String) {
        self.folder = folder
        models = (root.sections("models") ?? []).compactMap { read($0) }
        var seen: Set<String> = []
        for model in models where !seen.insert(model.name).inserted {
            root.error("models", "\(model.name) stands twice; give each model its own name")
        }
        if let section = root.section("predictions") {
            if let kept = section.duration("retention") {
                if kept <= 0 { section.error("retention", "must be longer than nothing") }
                storage.daysMax = max(1, Int(kept / 86_400_000))
            }
            profileDays = max(profileDays, storage.daysMax)
            if let kept = section.duration("profile_retention") {
                if kept < Millis(storage.daysMax) * 86_400_000 {
                    section.error("profile_retention", "must not be shorter than retention")
                }
                profileDays = max(1, Int(kept / 86_400_000))
            }
            storage.bytesMax = section.bytes("retention_size") ?? storage.bytesMax
            section.finish()
        }
        if let section = root.section("drift_response") { read(response: section) }
    }

    private mutating func read(response section: Section) {
        func positive(_ key: String, _ place: WritableKeyPath<DriftResponsePolicy, Double>) {
            guard let value = section.double(key) else { return }
            if !(value > 0 && value < 1) { section.error(key, "must lie between 0 and 1") }
            response[keyPath: place] = value
        }
        positive("share_loss_max", \.shareLossMax)
        positive("error_rise_max", \.errorRiseMax)
        if let least = section.int("labels_min") {
            if least < QualityReading.rowsMin {
                section.error("labels_min", "must be at least \(QualityReading.rowsMin)")
            }
            response.labelsMin = least
        }
        if let suspect = section.duration("suspect") {
            if suspect <= 0 { section.error("suspect", "must be longer than nothing") }
            response.suspectMillis = suspect
        }
        section.finish()
    }

    /// The settings of a model; those of no one in particular when it is not configured.
    func model(_ name: String) -> Model { models.first { $0.name == name } ?? Model(name: name) }

    private func read(_ section: Section) -> Model? {
        guard let name = section.string("name"), !name.isEmpty else {
            section.error("name", "must be given")
            return nil
        }
        var model = Model(name: name)
        for (key, place) in [("server", \Model.server), ("metrics", \Model.metrics)] {
            guard let url = section.string(key) else { continue }
            if !url.hasPrefix("http://") && !url.hasPrefix("https://") {
                section.error(key, "must be a URL that begins with http:// or https://")
            }
            model[keyPath: place] = url
        }
        model.version = section.string("version")
        for key in ["stage", "commit", "data_version", "service"] {
            if let text = section.string(key) { model.fields[key] = text }
        }
        model.reference = section.string("reference").map { absolute($0) }
        model.files = (section.strings("predictions") ?? []).map { absolute($0) }
        model.keepsTexts = section.bool("keep_texts") ?? false
        if let window = section.section("window") {
            model.window.rows = window.int("rows") ?? model.window.rows
            model.window.leastMillis = window.duration("least") ?? model.window.leastMillis
            model.window.mostMillis = window.duration("most") ?? model.window.mostMillis
            if model.window.rows < model.window.rowsMin {
                window.error("rows", "must be at least \(model.window.rowsMin)")
            }
            window.finish()
        }
        section.finish()
        return model
    }

    private func absolute(_ path: String) -> String {
        path.hasPrefix("/") || folder == "." ? path : folder + "/" + path
    }
}
