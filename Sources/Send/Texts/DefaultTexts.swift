// What notifications say when nobody wrote a template: in English and in Chinese, in the language of
// templates itself, so that a person can begin from them. `martlet.title` is a line, `martlet.text` plain
// text, `martlet.markdown` and `martlet.html` what their names say, `martlet.lines` a list of alerts.
// Each alert has its summary, what to do and what is known of earlier ones, in the reader's language.

/// The default templates of a language.
enum DefaultTexts {
    /// English for every language but Chinese.
    static func templates(_ language: String) -> String {
        shared + (language.hasPrefix("zh") ? chinese : english)
    }

    /// Words that the code itself needs.
    static func word(_ key: String, _ language: String) -> String {
        let isChinese = language.hasPrefix("zh")
        return switch key {
        case "picture": isChinese ? "图" : "Picture"
        default: key
        }
    }

    private static let shared = #"""
        {{ define "martlet.name" }}{{ with .GroupLabels.alertname }}{{ . }}{{ else }}{{ with .CommonLabels.alertname }}{{ . }}{{ else }}{{ .GroupLabels.Values | join " " }}{{ end }}{{ end }}{{ end -}}
        {{ define "martlet.pagerduty.severity" }}{{ if match "^(critical|error|warning|info)$" .CommonLabels.severity }}{{ .CommonLabels.severity }}{{ else if eq .CommonLabels.severity "page" }}critical{{ else }}error{{ end }}{{ end -}}
        {{ define "martlet.more" }}{{ if gt .TruncatedAlerts 0 }}+{{ .TruncatedAlerts }}{{ end }}{{ end -}}
        {{ define "martlet.lines" }}{{ range . }}- {{ .Summary }}
        {{ range .Labels.SortedPairs }}  {{ .Name }}={{ .Value }}
        {{ end }}{{ end }}{{ end -}}

        """#

    private static let english = #"""
        {{ define "martlet.title" }}{{ if eq .Status "firing" }}Firing{{ if gt (len .Alerts.Firing) 1 }} ({{ len .Alerts.Firing }}{{ template "martlet.more" . }}){{ end }}{{ else }}Resolved{{ end }}: {{ template "martlet.name" . }}{{ end -}}
        {{ define "martlet.text" }}{{ range .Alerts.Firing }}FIRING since {{ .StartsAt.Format "2006-01-02 15:04" }} UTC: {{ .Summary }}
        {{ with .Action }}What to do: {{ . }}
        {{ end }}{{ with .Past }}Earlier: {{ . }}
        {{ end }}{{ with .Labels.runbook_url }}{{ . }}
        {{ end }}{{ range .Labels.SortedPairs }}  {{ .Name }} = {{ .Value }}
        {{ end }}{{ end }}{{ range .Alerts.Resolved }}RESOLVED at {{ .EndsAt.Format "2006-01-02 15:04" }} UTC: {{ .Summary }}
        {{ end }}{{ .ExternalURL }}/alerts
        {{ end -}}
        {{ define "martlet.markdown" }}{{ range .Alerts.Firing }}**{{ .Summary }}**
        Since {{ .StartsAt.Format "2006-01-02 15:04" }} UTC{{ with .Labels.severity }}, {{ . }}{{ end }}
        {{ with .Action }}What to do: {{ . }}
        {{ end }}{{ with .Past }}Earlier: {{ . }}
        {{ end }}{{ end }}{{ range .Alerts.Resolved }}Resolved: {{ .Summary }}
        {{ end }}[Open]({{ .ExternalURL }}/alerts)
        {{ end -}}
        {{ define "martlet.html" }}<div style="font-family:sans-serif">{{ range .Alerts.Firing }}<h3 style="color:#b3261e">{{ .Summary }}</h3><p>Since {{ .StartsAt.Format "2006-01-02 15:04" }} UTC</p>{{ with .Action }}<p><b>What to do:</b> {{ . }}</p>{{ end }}{{ with .Past }}<p><b>Earlier:</b> {{ . }}</p>{{ end }}<p>{{ range .Labels.SortedPairs }}<code>{{ .Name }}={{ .Value }}</code> {{ end }}</p>{{ end }}{{ range .Alerts.Resolved }}<h3 style="color:#1b6e3c">Resolved: {{ .Summary }}</h3>{{ end }}<p><a href="{{ .ExternalURL }}/alerts">Open in Martlet</a></p></div>{{ end -}}

        """#

    private static let chinese = #"""
        {{ define "martlet.title" }}{{ if eq .Status "firing" }}告警{{ if gt (len .Alerts.Firing) 1 }}（{{ len .Alerts.Firing }}{{ template "martlet.more" . }} 条）{{ end }}{{ else }}已恢复{{ end }}：{{ template "martlet.name" . }}{{ end -}}
        {{ define "martlet.text" }}{{ range .Alerts.Firing }}告警，自 {{ .StartsAt.Format "2006-01-02 15:04" }} UTC 起：{{ .Summary }}
        {{ with .Action }}怎么办：{{ . }}
        {{ end }}{{ with .Past }}以往：{{ . }}
        {{ end }}{{ range .Labels.SortedPairs }}  {{ .Name }} = {{ .Value }}
        {{ end }}{{ end }}{{ range .Alerts.Resolved }}已于 {{ .EndsAt.Format "2006-01-02 15:04" }} UTC 恢复：{{ .Summary }}
        {{ end }}{{ .ExternalURL }}/alerts
        {{ end -}}
        {{ define "martlet.markdown" }}{{ range .Alerts.Firing }}**{{ .Summary }}**
        自 {{ .StartsAt.Format "2006-01-02 15:04" }} UTC 起{{ with .Labels.severity }}，级别 {{ . }}{{ end }}
        {{ with .Action }}怎么办：{{ . }}
        {{ end }}{{ with .Past }}以往：{{ . }}
        {{ end }}{{ end }}{{ range .Alerts.Resolved }}已恢复：{{ .Summary }}
        {{ end }}[打开]({{ .ExternalURL }}/alerts)
        {{ end -}}
        {{ define "martlet.html" }}<div style="font-family:sans-serif">{{ range .Alerts.Firing }}<h3 style="color:#b3261e">{{ .Summary }}</h3><p>自 {{ .StartsAt.Format "2006-01-02 15:04" }} UTC 起</p>{{ with .Action }}<p><b>怎么办：</b>{{ . }}</p>{{ end }}{{ with .Past }}<p><b>以往：</b>{{ . }}</p>{{ end }}<p>{{ range .Labels.SortedPairs }}<code>{{ .Name }}={{ .Value }}</code> {{ end }}</p>{{ end }}{{ range .Alerts.Resolved }}<h3 style="color:#1b6e3c">已恢复：{{ .Summary }}</h3>{{ end }}<p><a href="{{ .ExternalURL }}/alerts">在 Martlet 中打开</a></p></div>{{ end -}}

        """#
}
