// The file that `martlet init` writes: short, commented, true. Every line that is not a comment is the
// built-in default, so an untouched file changes nothing.

/// The starter configuration.
let starterConfiguration = """
    # Martlet's configuration. Every line below is the default; change what you need.
    # Check it with: martlet check config martlet.yml --print
    # All sections: deploy/martlet.example.yml, or the README ("Configuration").

    listen: 127.0.0.1:9797
    data: ./data

    global:
      scrape_interval: 15s
      evaluation_interval: 15s

    # Scrape your application (any Prometheus exposition):
    # scrape_configs:
    #   - job_name: app
    #     static_configs:
    #       - targets: ["127.0.0.1:8080"]

    # Follow its log files:
    # logs:
    #   - source: app
    #     paths: ["/var/log/app/*.log"]

    # Tell somebody when an alert fires:
    # receivers:
    #   - name: on-call
    #     webhook_configs:
    #       - url: http://127.0.0.1:8080/alerts

    """
