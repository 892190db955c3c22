//! Sets up the plugin's threads, and records what they are running, for crash reports.

use universal_worker_crash::activity;
use universal_worker_process::thread::Role;
use universal_worker_process::{signals, thread};
use universal_worker_service::PluginThreadEvent;

pub(crate) fn on_event(event: &PluginThreadEvent<'_>) {
    match event {
        PluginThreadEvent::ThreadStarted => {
            thread::register(Role::Plugin);
            thread::use_signal_stack();
            // The plugin's child processes inherit the mask.
            signals::unblock();
        }
        PluginThreadEvent::RunStarted(name)
        | PluginThreadEvent::LifecycleStarted(name)
        | PluginThreadEvent::ProbeStarted(name) => activity::start(name),
        PluginThreadEvent::Idle => activity::finish(),
        PluginThreadEvent::ThreadEnded => thread::unregister(),
        PluginThreadEvent::ClockStarted => {
            thread::register(Role::Worker);
            thread::use_signal_stack();
        }
        _ => {}
    }
}
