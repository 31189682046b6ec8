// Which program serves a model, told by the names in its own exposition, and how the figures that people
// ask for are had from it: each as a PromQL expression with `$model` for the label of the connection.
// A figure that a server does not give is not there; none is made up.

/// A program that serves models.
public enum ServerKind: String, Sendable, CaseIterable {
    case vllm, tgi, triton, torchserve, tensorflow, llamacpp, mlserver, kserve

    /// The name as its makers write it.
    public var title: String {
        switch self {
        case .vllm: "vLLM"
        case .tgi: "Text Generation Inference"
        case .triton: "Triton"
        case .torchserve: "TorchServe"
        case .tensorflow: "TensorFlow Serving"
        case .llamacpp: "llama.cpp"
        case .mlserver: "MLServer"
        case .kserve: "KServe"
        }
    }

    /// What some metric's name of its exposition begins with.
    private var marks: [String] {
        switch self {
        case .vllm: ["vllm:", "vllm_"]
        case .tgi: ["tgi_"]
        case .triton: ["nv_inference_", "nv_model_ready_"]
        case .torchserve: ["ts_inference_", "ts_queue_", "Requests2XX", "WorkerLoadTime"]
        case .tensorflow: [":tensorflow:"]
        case .llamacpp: ["llamacpp:"]
        case .mlserver: ["model_infer_request", "rest_server_requests"]
        case .kserve: ["request_predict_seconds", "request_preprocess_seconds"]
        }
    }

    /// Recognises a server by its exposition; nil when it is none of these.
    public init?(exposition: [UInt8]) {
        var found: [ServerKind: Int] = [:]
        for line in exposition.split(separator: 0x0a) {
            var name = line[...]
            if line.starts(with: "# TYPE ".utf8) || line.starts(with: "# HELP ".utf8) {
                name = line.dropFirst(7)
            } else if line.first == 0x23 {
                continue
            }
            for kind in ServerKind.allCases
            where kind.marks.contains(where: { name.starts(with: $0.utf8) }) {
                found[kind, default: 0] += 1
            }
        }
        // KServe wraps other servers; whoever has most to say is the one.
        guard
            let best = found.max(by: { ($0.value, $1.key.rawValue) < ($1.value, $0.key.rawValue) })
        else { return nil }
        self = best.key
    }

    /// Where an exposition may be, relative to the address that serves answers.
    public static let places: [(portsOn: Int, path: String)] = [
        (0, "/metrics"), (2, "/metrics"), (0, "/monitoring/prometheus/metrics"),
    ]
}

/// A figure of a server.
public enum ServerSignal: String, Sendable, CaseIterable {
    case latencyMean = "latency_mean_seconds"
    case latencyHigh = "latency_p95_seconds"
    case firstToken = "first_token_p95_seconds"
    case perToken = "per_token_seconds"
    case tokensIn = "tokens_in_per_second"
    case tokensOut = "tokens_out_per_second"
    case requests = "requests_per_second"
    case errors = "errors_per_second"
    case queue = "queue"

    public var help: String {
        switch self {
        case .latencyMean: "Mean time of a request to the model server."
        case .latencyHigh: "Time within which 95 % of the requests are answered."
        case .firstToken: "Time within which 95 % of the answers begin."
        case .perToken: "Mean time for one token of an answer."
        case .tokensIn: "Tokens of prompts read a second."
        case .tokensOut: "Tokens of answers made a second."
        case .requests: "Requests answered a second."
        case .errors: "Requests failed a second."
        case .queue: "Requests that wait."
        }
    }
}

extension ServerKind {
    /// The expression of a figure; nil when this server does not give it.
    public func expression(_ signal: ServerSignal, model: String) -> String? {
        table[signal]?.replacing("$model", with: "model=\(quote(model))")
    }

    private func quote(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    private var table: [ServerSignal: String] {
        func quantile(_ name: String, _ scale: String = "") -> String {
            "histogram_quantile(0.95, sum by (le) (rate({__name__=\"\(name)_bucket\",$model}[5m])))\(scale)"
        }
        func mean(_ sum: String, _ count: String, _ scale: String = "") -> String {
            "\(rate(sum)) / (\(rate(count)) > 0)\(scale)"
        }
        func rate(_ name: String, _ more: String = "") -> String {
            "sum(rate({__name__=\"\(name)\",$model\(more)}[5m]))"
        }
        func now(_ name: String) -> String { "sum({__name__=\"\(name)\",$model})" }
        switch self {
        case .vllm:
            let latency = "vllm:e2e_request_latency_seconds"
            return [
                .latencyMean: mean(latency + "_sum", latency + "_count"),
                .latencyHigh: quantile(latency),
                .firstToken: quantile("vllm:time_to_first_token_seconds"),
                .perToken: mean(
                    "vllm:time_per_output_token_seconds_sum",
                    "vllm:time_per_output_token_seconds_count"),
                .tokensIn: rate("vllm:prompt_tokens_total"),
                .tokensOut: rate("vllm:generation_tokens_total"),
                .requests: rate("vllm:request_success_total"),
                .errors: rate("vllm:request_success_total", ",finished_reason=\"abort\""),
                .queue: now("vllm:num_requests_waiting"),
            ]
        case .tgi:
            return [
                .latencyMean: mean("tgi_request_duration_sum", "tgi_request_duration_count"),
                .latencyHigh: quantile("tgi_request_duration"),
                .perToken: mean(
                    "tgi_request_mean_time_per_token_duration_sum",
                    "tgi_request_mean_time_per_token_duration_count"),
                .tokensIn: rate("tgi_request_input_length_sum"),
                .tokensOut: rate("tgi_request_generated_tokens_sum"),
                .requests: rate("tgi_request_success"), .errors: rate("tgi_request_failure"),
                .queue: now("tgi_queue_size"),
            ]
        case .triton:
            return [
                .latencyMean: mean(
                    "nv_inference_request_duration_us", "nv_inference_request_success", " / 1e6"),
                .requests: rate("nv_inference_request_success"),
                .errors: rate("nv_inference_request_failure"),
                .queue: now("nv_inference_pending_request_count"),
            ]
        case .torchserve:
            return [
                .latencyMean: mean(
                    "ts_inference_latency_microseconds", "ts_inference_requests_total", " / 1e6"),
                .requests: rate("ts_inference_requests_total"), .errors: rate("Requests5XX"),
            ]
        case .tensorflow:
            let latency = ":tensorflow:serving:request_latency"
            return [
                .latencyMean: mean(latency + "_sum", latency + "_count", " / 1e6"),
                .latencyHigh: quantile(latency, " / 1e6"),
                .requests: rate(":tensorflow:serving:request_count"),
                .errors: rate(":tensorflow:serving:request_count", ",status!=\"OK\""),
            ]
        case .llamacpp:
            return [
                .perToken: mean(
                    "llamacpp:tokens_predicted_seconds_total", "llamacpp:tokens_predicted_total"),
                .tokensIn: rate("llamacpp:prompt_tokens_total"),
                .tokensOut: rate("llamacpp:tokens_predicted_total"),
                .queue: now("llamacpp:requests_deferred"),
            ]
        case .mlserver:
            return [
                .latencyMean: mean(
                    "model_infer_request_duration_sum", "model_infer_request_duration_count"),
                .latencyHigh: quantile("rest_server_request_duration_seconds"),
                .requests: rate("model_infer_request_success_total"),
                .errors: rate("model_infer_request_failure_total"),
            ]
        case .kserve:
            let latency = "request_predict_seconds"
            return [
                .latencyMean: mean(latency + "_sum", latency + "_count"),
                .latencyHigh: quantile(latency), .requests: rate(latency + "_count"),
            ]
        }
    }
}
