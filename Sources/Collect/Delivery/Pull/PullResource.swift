// The lists that are pulled, with their addresses and how each goes on to its next page.

internal import Basics
internal import Bytes

/// One list of a sender's API.
enum PullResource: String, CaseIterable, Sendable {
    case githubPulls = "pulls"
    case githubIssues = "issues"
    case githubRuns = "runs"
    case githubDeployments = "deployments"
    case githubReleases = "releases"
    case githubCommits = "commits"
    case gitlabRequests = "merge_requests"
    case gitlabIssues = "gitlab_issues"
    case gitlabPipelines = "pipelines"
    case gitlabDeployments = "gitlab_deployments"
    case gitlabCommits = "gitlab_commits"
    case jiraSprints = "sprints"
    case jiraIssues = "jira_issues"
    case jenkinsBuilds = "builds"

    static func all(of kind: DeliveryKind) -> [PullResource] {
        switch kind {
        case .github:
            [
                .githubPulls, .githubIssues, .githubRuns, .githubDeployments, .githubReleases,
                .githubCommits,
            ]
        case .gitlab:
            [.gitlabRequests, .gitlabIssues, .gitlabPipelines, .gitlabDeployments, .gitlabCommits]
        case .jira: [.jiraSprints, .jiraIssues]
        case .jenkins: [.jenkinsBuilds]
        default: []
        }
    }

    /// The address of the first page, below the sender's URL.
    func path(_ project: String, since: Millis?) -> String {
        let time = since.map { CivilTime($0).rfc3339 }
        let encoded = project.replacing("/", with: "%2F")
        func after(_ name: String) -> String { time.map { "&\(name)=\($0)" } ?? "" }
        switch self {
        case .githubCommits: return "/repos/\(project)/commits?per_page=100" + after("since")
        case .gitlabCommits:
            return "/api/v4/projects/\(encoded)/repository/commits?per_page=100" + after("since")
        case .githubPulls:
            // Newest first: there is no filter by time, so reading ends at the first old one.
            return "/repos/\(project)/pulls?state=all&sort=updated&direction=desc&per_page=100"
        case .githubIssues:
            return "/repos/\(project)/issues?state=all&sort=updated&direction=asc&per_page=100"
                + after("since")
        case .githubRuns:
            // The filter is by creation, and a run may take a day to end.
            let day = since.map { CivilTime($0 - 86_400_000).rfc3339 }
            return "/repos/\(project)/actions/runs?per_page=100"
                + (day.map { "&created=%3E%3D\($0)" } ?? "")
        case .githubDeployments: return "/repos/\(project)/deployments?per_page=100"
        case .githubReleases: return "/repos/\(project)/releases?per_page=100"
        case .gitlabRequests:
            return
                "/api/v4/projects/\(encoded)/merge_requests?state=all&order_by=updated_at&sort=asc"
                + "&per_page=100" + after("updated_after")
        case .gitlabIssues:
            return "/api/v4/projects/\(encoded)/issues?order_by=updated_at&sort=asc&per_page=100"
                + after("updated_after")
        case .gitlabPipelines:
            return "/api/v4/projects/\(encoded)/pipelines?order_by=updated_at&sort=asc&per_page=100"
                + after("updated_after")
        case .gitlabDeployments:
            return
                "/api/v4/projects/\(encoded)/deployments?order_by=updated_at&sort=asc&per_page=100"
                + after("updated_after")
        case .jiraSprints: return "/rest/agile/1.0/board/\(encoded)/sprint?maxResults=50&startAt=0"
        case .jiraIssues:
            // JQL knows no seconds and speaks of the site's zone; a day of overlap covers both.
            let day = since.map { CivilTime($0 - 86_400_000).dateText }
            let filter = day.map {
                "&jql=updated%20%3E%3D%20%22\($0)%22%20ORDER%20BY%20updated%20ASC"
            }
            return "/rest/agile/1.0/board/\(encoded)/issue?expand=changelog&maxResults=50&startAt=0"
                + (filter ?? "")
        case .jenkinsBuilds:
            let tree =
                "builds%5Bnumber,url,result,building,timestamp,duration,"
                + "actions%5BlastBuiltRevision%5BSHA1,branch%5Bname%5D%5D,remoteUrls%5D%5D"
            return "/\(project)/api/json?tree=\(tree)%7B0,100%7D"
        }
    }

    /// How far behind the last round the next one begins.
    ///
    /// Commits come with their own dates, and a branch that is merged today was written days ago:
    /// two weeks hold most branches, and are few pages.
    var overlapMillis: Millis {
        switch self {
        case .githubCommits, .gitlabCommits: 14 * 86_400_000
        default: PullSession.overlapMillis
        }
    }

    /// The rows of a page.
    func rows(_ json: JSON) -> [JSON] {
        switch self {
        case .githubRuns: json.list("workflow_runs")
        case .jiraSprints: json.list("values")
        case .jiraIssues: json.list("issues")
        case .jenkinsBuilds: json.list("builds")
        default: json.items ?? []
        }
    }

    /// When a row was last changed, which decides whether it is news.
    func changed(_ row: JSON) -> Millis? {
        switch self {
        case .jiraIssues: row.stamp("fields.updated")
        case .jiraSprints: row.stamp("completeDate") ?? row.stamp("startDate")
        case .jenkinsBuilds: row.stamp("timestamp")
        case .githubReleases: row.stamp("published_at")
        case .githubCommits: row.stamp("commit.committer.date")
        case .gitlabCommits: row.stamp("committed_date")
        default: row.stamp("updated_at") ?? row.stamp("created_at")
        }
    }

    /// True when rows come newest first and this one is so old that none behind it can be news.
    func ends(at row: JSON, since: Millis) -> Bool {
        switch self {
        case .githubPulls: row.stamp("updated_at").map { $0 < since } ?? false
        // Sorted by creation; the states of one may change for days.
        case .githubDeployments:
            row.stamp("created_at").map { $0 < since - 7 * 86_400_000 } ?? false
        default: false
        }
    }
}
