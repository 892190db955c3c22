//! Sets up the threads of the service, and records what those of the plugin are running, for crash
//! reports.

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
        _ => {}
    }
}

/// Runs the work of a thread of the service that runs no plugin code.
pub(crate) fn run_own(work: Box<dyn FnOnce() + Send>) {
    thread::register(Role::Worker);
    thread::use_signal_stack();
    work();
    thread::unregister();
}
