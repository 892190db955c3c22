//! Records what the plugin's threads are running, for crash reports.

use universal_worker_crash::activity;
use universal_worker_process::thread;
use universal_worker_service::PluginThreadEvent;

pub(crate) fn on_event(event: &PluginThreadEvent<'_>) {
    match event {
        PluginThreadEvent::ThreadStarted => thread::use_signal_stack(),
        PluginThreadEvent::RunStarted(name)
        | PluginThreadEvent::LifecycleStarted(name)
        | PluginThreadEvent::ProbeStarted(name) => activity::start(name),
        PluginThreadEvent::Idle => activity::finish(),
        _ => {}
    }
}
