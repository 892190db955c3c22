//! An axum server with a plugin mounted in it.
//!
//! ```text
//! cargo run -p universal-worker-service --example mount
//! curl -d '{"kwargs":{"name":"axum"}}' http://127.0.0.1:8080/plugins/hello/execute
//! ```

use std::error::Error;

use axum::Router;
use axum::routing::get;
use hello::Hello;
use tokio::net::TcpListener;
use universal_worker_service::{WorkerService, background_context};

/// The routes of the server, and those of the plugin below `/plugins/hello`.
pub(crate) fn app(plugin: WorkerService) -> Router {
    Router::new()
        .route("/", get(async || "a plugin is at /plugins/hello\n"))
        .nest_service("/plugins/hello", plugin)
}

#[allow(clippy::print_stdout, reason = "an example is a program")]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let class = universal_worker_plugin::in_process::<Hello>(background_context())?;
    let plugin = WorkerService::builder(class).build();
    let listener = TcpListener::bind("127.0.0.1:8080").await?;
    println!("http://{}/", listener.local_addr()?);
    axum::serve(listener, app(plugin)).await?;
    Ok(())
}
