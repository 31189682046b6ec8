// The queries that Martlet and Prometheus 2.42 must answer alike: every operator, aggregation and
// function that both know, over node exporter's and Prometheus' own series.

enum ParityQueries {
    private static let gauges = ["node_load1", "node_memory_MemAvailable_bytes{job=\"node\"}"]
    private static let counters = [
        "node_cpu_seconds_total{mode=~\"idle|user\"}", "node_network_receive_bytes_total",
    ]
    private static let buckets = "prometheus_http_request_duration_seconds_bucket"

    static var all: [String] {
        selectors + overTime + aggregations + binary + functions + histograms + subqueries + shifts
    }

    private static let selectors = [
        "up{job=~\"node|prometheus\"}", "{__name__=~\"node_load.*\"}",
        "node_cpu_seconds_total{cpu!=\"0\"}",
        "node_cpu_seconds_total{mode=~\"i.*\",cpu=\"0\"}",
        "node_cpu_seconds_total{mode!~\"i.*|user\"}",
        "{job=\"node\",__name__=~\"node_(load|procs).+\"}", "node_load1{nothing=\"\"}",
        "node_nothing",
        "node_filesystem_size_bytes", "node_uname_info", "1", "1.5e3", "0x1f", "-1 ^ 2",
        "(1 + 2) * 3 % 4",
        "1 > bool 2", "Inf - Inf", "time() - time()", "pi()", "vector(1)", "\"text\"",
        "node_time_seconds - node_boot_time_seconds",
    ]

    private static var overTime: [String] {
        let functions = [
            "rate", "increase", "delta", "irate", "idelta", "changes", "resets", "deriv",
            "avg_over_time", "sum_over_time", "min_over_time", "max_over_time", "count_over_time",
            "stddev_over_time", "stdvar_over_time", "last_over_time", "present_over_time",
            "absent_over_time",
        ]
        return functions.flatMap { function in
            ["\(gauges[0])[14s]", "\(counters[0])[20s]", "\(counters[1])[12s]"].map {
                "\(function)(\($0))"
            }
        } + [
            "quantile_over_time(0.3, node_load1[16s])", "quantile_over_time(2, node_load1[16s])",
            "predict_linear(node_memory_MemAvailable_bytes[20s], 60)",
            "absent_over_time(node_nothing{a=\"b\"}[10s])",
        ]
    }

    private static var aggregations: [String] {
        let operations = ["sum", "avg", "min", "max", "count", "group", "stddev", "stdvar"]
        return operations.flatMap { name in
            [
                "\(name)(node_cpu_seconds_total)", "\(name) by (mode) (node_cpu_seconds_total)",
                "\(name) without (cpu, mode) (rate(node_cpu_seconds_total[10s]))",
            ]
        } + [
            "topk(3, node_cpu_seconds_total)", "bottomk by (cpu) (1, node_filesystem_size_bytes)",
            "quantile(0.9, node_cpu_seconds_total)",
            "quantile by (mode) (0.25, node_cpu_seconds_total)",
            "count_values(\"size\", node_filesystem_size_bytes)", "sum by (nothing) (node_load1)",
            "count by (__name__) ({__name__=~\"node_.*\"})",
            "max by (instance) (node_load1 + node_load5)",
        ]
    }

    private static let binary = [
        "node_load1 + 1", "2 * node_load1", "node_load1 - node_load5", "node_load1 / node_load15",
        "node_memory_MemFree_bytes % 1000", "node_load1 ^ 2",
        "(node_load1 + 0) atan2 (node_load5 + 0)", "-node_load1",
        "node_cpu_seconds_total > 1", "node_cpu_seconds_total <= bool 1",
        "node_load1 == node_load1",
        "node_load1 != bool node_load5", "1 < node_load1 + 10", "node_load1 / 0",
        "node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes",
        "node_filesystem_avail_bytes / on (device, mountpoint) node_filesystem_size_bytes",
        "node_cpu_seconds_total / ignoring (mode) group_left () sum without (mode) (node_cpu_seconds_total)",
        "node_load1 * on (instance) group_left (nodename) node_uname_info",
        "node_uname_info * on (instance) group_right () node_cpu_seconds_total",
        "node_load1 and node_load1",
        "node_cpu_seconds_total and on (cpu) node_cpu_seconds_total{mode=\"idle\"}",
        "node_load1 or node_load5",
        "node_cpu_seconds_total unless node_cpu_seconds_total{mode=\"idle\"}",
        "node_load1 or vector(1)", "node_load1 + on () vector(1)",
        "(node_load1 > 1000) or (node_load5 < 1000)",
        "sum by (mode) (node_cpu_seconds_total) / on () group_left () sum(node_cpu_seconds_total) * 100",
    ]

    private static var functions: [String] {
        let plain = [
            "abs", "ceil", "floor", "exp", "ln", "log2", "log10", "sqrt", "sgn", "sin", "cos",
            "tan",
            "asinh", "atan", "sinh", "tanh", "deg", "rad", "round", "sort", "sort_desc",
            "timestamp",
            "scalar", "absent",
        ]
        return plain.map { "\($0)(node_load1)" } + [
            "acos(node_load1 / 100)", "asin(node_load1 / 100)", "atanh(node_load1 / 100)",
            "acosh(node_load1 + 1)", "cosh(node_load1)", "round(node_memory_MemFree_bytes, 1000)",
            "clamp(node_load1, 0.1, 0.5)", "clamp_min(node_load1, 1)", "clamp_max(node_load1, 0.5)",
            "absent(node_nothing{a=\"b\",c=~\"d\"})", "vector(time())",
            "scalar(node_cpu_seconds_total)",
            "minute(node_boot_time_seconds)", "hour(node_boot_time_seconds)",
            "day_of_week(node_boot_time_seconds)", "day_of_month(node_boot_time_seconds)",
            "day_of_year(node_boot_time_seconds)", "days_in_month(node_boot_time_seconds)",
            "month(node_boot_time_seconds)", "year(node_boot_time_seconds)", "hour()", "minute()",
            "label_replace(node_load1, \"host\", \"$1\", \"instance\", \"(.*):.*\")",
            "label_replace(node_load1, \"host\", \"x\", \"nothing\", \"\")",
            "label_join(node_cpu_seconds_total, \"both\", \"-\", \"cpu\", \"mode\")",
            "timestamp(timestamp(node_load1))", "-abs(-node_load1)",
        ]
    }

    private static var histograms: [String] {
        [0, 0.5, 0.9, 0.99, 1, -1, 2].map {
            "histogram_quantile(\($0), sum by (le, handler) (\(buckets)))"
        } + [
            "histogram_quantile(0.9, rate(\(buckets){handler=\"/federate\"}[20s]))",
            "histogram_quantile(0.5, node_load1)",
            "sum by (handler) (prometheus_http_request_duration_seconds_sum)"
                + " / sum by (handler) (prometheus_http_request_duration_seconds_count)",
        ]
    }

    private static let subqueries = [
        "max_over_time(node_load1[20s:4s])",
        "avg_over_time(rate(node_cpu_seconds_total[8s])[16s:3s])",
        "sum_over_time((node_load1 > 0)[15s:5s])", "rate(node_context_switches_total[20s:2s])",
        "quantile_over_time(0.5, sum(node_cpu_seconds_total)[12s:3s])",
        "min_over_time(max_over_time(node_load1[6s])[12s:6s])",
        "last_over_time(sum by (mode) (node_cpu_seconds_total)[10s:5s] offset 3s)",
    ]

    private static let shifts = [
        "node_load1 offset 5s", "rate(node_context_switches_total[10s] offset 6s)",
        "node_context_switches_total - node_context_switches_total offset 10s",
        "node_load1 @ end()", "node_context_switches_total @ start()",
        "rate(node_context_switches_total[10s] @ end())",
        "sum(node_cpu_seconds_total) - sum(node_cpu_seconds_total @ start())",
        "max_over_time(node_load1[10s:2s] @ end() offset 4s)", "node_load1 offset -2s",
    ]
}
