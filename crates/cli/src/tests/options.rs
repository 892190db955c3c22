//! Options and their values.

use universal_worker_runtime::Tracing;

use super::*;

#[test]
fn a_value_follows_an_equals_sign_or_a_space() {
    for args in [&["--module", "m", "--port", "7"][..], &["--module=m", "--port=7"]] {
        let request = run(args, &[]);
        assert_eq!(request.plugin.module, "m");
        assert_eq!(request.config.listen.to_string(), "127.0.0.1:7");
    }
    let request = run(&["--module=a=b", "--config={\"a\":1}"], &[]);
    assert_eq!(request.plugin.module, "a=b");
    let config = request.config.plugin_config.unwrap();
    assert_eq!(config.content, JsonContent::Text("{\"a\":1}".into()));
    let config = run(&["--module", "m", "--config", "@c.json"], &[]).config.plugin_config.unwrap();
    let JsonContent::File(file) = config.content else { panic!("{config:?}") };
    assert!(file.is_absolute() && file.ends_with("c.json"), "{file:?}");
}

#[test]
fn the_command_line_of_the_python_host_works_unchanged() {
    let args = ["--module", "/x/libw.so", "--class", "W", "--port", "12345", "--ppid", "1234"];
    let RunRequest { plugin, config, .. } = run(&args, &[]);
    assert_eq!(plugin.class.as_deref(), Some("W"));
    assert_eq!(config.listen.to_string(), "127.0.0.1:12345");
    assert_eq!(config.parent, Some(1234));
    assert_eq!(plugin.module, "/x/libw.so");
}

#[test]
fn seconds_are_any_number_and_too_many_are_no_limit() {
    let limit = |value| run(&["--module", "m", "--run-timeout", value], &[]);
    let limit = |value| limit(value).config.limits.run_timeout;
    assert_eq!(limit("0.5"), Some(Duration::from_millis(500)));
    for forever in ["1e300", "1e400", "9999999999999999999999"] {
        assert!(limit(forever).unwrap().as_secs() > 1_000_000_000, "{forever}");
    }
    for (option, value, expected) in [
        ("--load-timeout", "0", "above 0; leave it out for 60 s"),
        ("--run-timeout", "0", "above 0; leave it out for no limit"),
        ("--run-timeout", "inf", "a finite number of 0 or more, not 'inf'"),
        ("--run-timeout", "nan", "a finite number of 0 or more, not 'nan'"),
        ("--run-timeout", "-1", "seconds, 0 or more, not '-1'"),
        ("--lanes", "fast", "auto, threads or inline, not 'fast'"),
        ("--trace", "never", "auto or always, not 'never'"),
        ("--io-threads", "0", "a number of threads, 1 to 256, not '0'"),
        ("--io-threads", "257", "a number of threads, 1 to 256, not '257'"),
        ("--canary-every", "0", "above 0; leave it out for the default"),
        ("--run-timeout", "long", "seconds, 0 or more, not 'long'"),
    ] {
        let message = error(&["--module", "m", option, value], &[]);
        assert!(message.starts_with(option) && message.contains(expected), "{message}");
    }
}

#[test]
fn all_options_of_a_worker_reach_its_config() {
    let args = [
        "--module=m",
        "--host=::1",
        "--lease-fd=0",
        "--idle-timeout=5",
        "--stop-grace=2",
        "--drain-timeout=1m",
        "--max-runs=1000",
        "--recycle-rss=2G",
        "--exit-when-wedged",
        "--concurrency=4",
        "--lanes=threads",
        "--trace=always",
        "--io-threads=2",
        "--queue=0",
        "--cancel-grace=0",
        "--restart-after=0.5",
        "--canary={}",
        "--canary-every=2m",
        "--max-body=1",
        "--max-body-total=2M",
        "--max-connections=9",
        "--header-timeout=1m",
        "--body-timeout=500ms",
        "--write-timeout=4",
        "--max-rss=1.5G",
        "--keep-results=0",
        "--result-ttl=2m",
        "--announce-file=a",
        "--crash-file=c",
    ];
    let config = run(&args, &[]).config;
    assert_eq!(config.listen.to_string(), "[::1]:0");
    assert_eq!((config.lease, config.idle_timeout), (Some(0), Some(Duration::from_secs(5))));
    assert_eq!(config.stop_grace, Duration::from_secs(2));
    assert_eq!(config.drain_timeout, Duration::from_secs(60));
    let recycle = config.recycle;
    assert_eq!((recycle.max_runs.unwrap().get(), recycle.max_rss), (1000, Some(2 << 30)));
    assert_eq!((config.on_wedged, config.concurrency.unwrap().get()), (OnWedged::Exit, 4));
    assert_eq!((config.lanes, config.io_threads.get()), (Some(Lanes::Threads), 2));
    assert_eq!(config.tracing, Tracing::Always);
    let limits = config.limits;
    assert_eq!((limits.queue, limits.max_body, limits.max_body_total), (0, 1, 2 << 20));
    assert_eq!(limits.cancel_grace, Duration::ZERO);
    assert_eq!(limits.restart_after, Duration::from_millis(500));
    let canary = config.canary.unwrap();
    assert_eq!((&*canary.option, canary.content), ("--canary", JsonContent::Text("{}".into())));
    assert_eq!(config.canary_every, Duration::from_secs(120));
    assert_eq!((limits.max_connections, limits.max_rss), (9, Some(3 << 29)));
    assert_eq!((limits.keep_results, limits.result_ttl), (0, Duration::from_secs(120)));
    let timeouts = [limits.header_timeout, limits.body_timeout, limits.write_timeout];
    assert_eq!(timeouts.map(|timeout| timeout.as_millis()), [60_000, 500, 4000]);
    assert!(config.crash_file.unwrap().is_absolute());
    assert!(matches!(config.announce, AnnounceTo::File(file) if file.is_absolute()));
}

#[test]
fn the_options_of_a_python_class_reach_its_request() {
    let args = [
        "--module=pkg.mod",
        "--adapters=a.b:C, d:E,",
        "--interrupt=never",
        "--health-extra=a=b=c",
        "--health-extra",
        "version=1.0",
    ];
    let request = run(&args, &[("UNIVERSAL_WORKER_PYTHON", "/venv")]);
    let plugin = &request.plugin;
    assert_eq!(plugin.adapters, ["a.b:C", "d:E"]);
    assert_eq!((plugin.interrupt, plugin.language), (Interrupt::Never, Language::Any));
    assert_eq!(plugin.python.as_deref(), Some(std::path::Path::new("/venv")));
    let extra = [("a", "b=c"), ("version", "1.0")].map(|(key, value)| (key.into(), value.into()));
    assert_eq!(request.config.health_extra, extra.into_iter().collect());
    let typed = run(&["--module=m", "--python=p"], &[("UNIVERSAL_WORKER_PYTHON", "/venv")]).plugin;
    assert_eq!((typed.python, typed.language), (Some("p".into()), Language::Python));
    let plain = run(&["--module=m"], &[]).plugin;
    assert_eq!((plain.python, plain.interrupt), (None, Interrupt::Auto));
    for (args, expected) in [
        (["--adapters", "a.b"], "--adapters: expected MODULE:CLASS, separated by commas"),
        (["--adapters", "a:B:C"], "--adapters: expected MODULE:CLASS"),
        (["--interrupt", "on"], "--interrupt: expected auto or never"),
        (["--health-extra", "=b"], "--health-extra: expected KEY=VALUE"),
    ] {
        let message = error(&[&["--module=m"][..], &args].concat(), &[]);
        assert!(message.starts_with(expected), "{message}");
    }
}
