// The command line: one type per subcommand, each in its own file. Results are printed for people, or
// as JSON with --json; the exit status is 0 for ok, 1 for a check that failed, 2 for bad usage or input.

import ArgumentParser

@main
struct Martlet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "martlet",
        abstract: "Watches how a team ships a model application and how its models behave.",
        discussion: """
            Start it:            martlet run
            Look at it:          http://127.0.0.1:9797
            Ask it:              martlet query 'rate(node_cpu_seconds_total[5m])'
            Bring a history:     martlet import git . && martlet kpi
            Tell somebody:       martlet run --webhook http://127.0.0.1:8080/alerts
            """,
        version: martletVersion,
        subcommands: [
            Run.self, Init.self, Check.self, TestGroup.self, Query.self, Import.self,
            KPICommand.self, Forecast.self, Decide.self, Connect.self, Drift.self, Quality.self,
            Detect.self, RehearseGroup.self, ReplayGroup.self, Export.self, Backup.self,
            Restore.self, Demo.self, Version.self,
        ]
    )
}

/// The version of this program; also the value of `martlet_build_info`.
let martletVersion = "0.1.0"
