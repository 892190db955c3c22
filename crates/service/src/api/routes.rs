//! Which path and method is which route.

use http::Method;

use crate::http::error::HttpError;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route<'p> {
    Health,
    Ready,
    Stats,
    Runs,
    /// The run of an id.
    Run(&'p str),
    CancelRun(&'p str),
    Progress,
    ConfigSchema,
    Config,
    ConfigOptions,
    Initialize,
    Prefetch,
    Execute,
    ExecuteStream,
    Cancel,
    Cleanup,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    Get,
    Post,
}

const ROUTES: [(&str, Takes, Route<'static>); 14] = [
    ("/execute", Takes::Post, Route::Execute),
    ("/execute_stream", Takes::Post, Route::ExecuteStream),
    ("/health", Takes::Get, Route::Health),
    ("/ready", Takes::Get, Route::Ready),
    ("/stats", Takes::Get, Route::Stats),
    ("/runs", Takes::Get, Route::Runs),
    ("/progress", Takes::Get, Route::Progress),
    ("/cancel", Takes::Post, Route::Cancel),
    ("/initialize", Takes::Post, Route::Initialize),
    ("/config", Takes::Get, Route::Config),
    ("/config_schema", Takes::Get, Route::ConfigSchema),
    ("/config_options", Takes::Get, Route::ConfigOptions),
    ("/prefetch", Takes::Post, Route::Prefetch),
    ("/cleanup", Takes::Post, Route::Cleanup),
];

impl Route<'_> {
    /// Whether it asks how the worker is, and for nothing that it does.
    pub(crate) const fn asks_how_it_is(self) -> bool {
        matches!(self, Self::Health | Self::Ready | Self::Stats)
    }
}

impl Takes {
    fn method(self, method: &Method) -> bool {
        match self {
            // hyper leaves out the body of an answer to HEAD.
            Self::Get => method == Method::GET || method == Method::HEAD,
            Self::Post => method == Method::POST,
        }
    }

    fn allow(self) -> &'static str {
        match self {
            Self::Get => "GET, HEAD",
            Self::Post => "POST",
        }
    }
}

pub(crate) fn find<'p>(method: &Method, path: &'p str) -> Result<Route<'p>, HttpError> {
    let fixed = ROUTES.iter().find(|(known, ..)| *known == path);
    let found = fixed.map(|(_, takes, route)| (*takes, *route)).or_else(|| of_run(path));
    let (takes, route) = found.ok_or(HttpError::NotFound)?;
    if takes.method(method) {
        Ok(route)
    } else {
        Err(HttpError::MethodNotAllowed { allow: takes.allow() })
    }
}

/// `/runs/{id}` and `/runs/{id}/cancel`; ids need no percent-encoding.
fn of_run(path: &str) -> Option<(Takes, Route<'_>)> {
    let rest = path.strip_prefix("/runs/")?;
    match rest.split_once('/') {
        None if !rest.is_empty() => Some((Takes::Get, Route::Run(rest))),
        Some((id, "cancel")) if !id.is_empty() => Some((Takes::Post, Route::CancelRun(id))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_takes_its_methods_and_no_other() {
        assert_eq!(find(&Method::HEAD, "/health").unwrap(), Route::Health);
        assert_eq!(find(&Method::POST, "/execute").unwrap(), Route::Execute);
        assert!(matches!(
            find(&Method::GET, "/execute"),
            Err(HttpError::MethodNotAllowed { allow: "POST" })
        ));
        assert!(matches!(find(&Method::GET, "/health/"), Err(HttpError::NotFound)));
    }

    #[test]
    fn a_run_is_named_by_its_path() {
        assert_eq!(find(&Method::GET, "/runs").unwrap(), Route::Runs);
        assert_eq!(find(&Method::GET, "/runs/a.b-c_1").unwrap(), Route::Run("a.b-c_1"));
        assert_eq!(find(&Method::POST, "/runs/a/cancel").unwrap(), Route::CancelRun("a"));
        assert!(matches!(
            find(&Method::GET, "/runs/a/cancel"),
            Err(HttpError::MethodNotAllowed { allow: "POST" })
        ));
        for unknown in ["/runs/", "/runs//cancel", "/runs/a/", "/runs/a/b", "/runs/a/cancel/"] {
            let found = find(&Method::POST, unknown);
            assert!(matches!(found, Err(HttpError::NotFound)), "{unknown}");
        }
    }
}
