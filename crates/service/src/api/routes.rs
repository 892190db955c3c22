//! The routes of the API, by path and method.

use http::Method;

use crate::api::error::ApiError;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route<'p> {
    Health,
    Ready,
    Stats,
    Runs,
    /// The run with this id.
    Run(&'p str),
    /// The cancel of the run with this id.
    CancelRun(&'p str),
    Progress,
    ConfigSchema,
    Config,
    ConfigOptions,
    Initialize,
    Prefetch,
    Execute,
    ExecuteStream,
    /// An extension of the plugin, of this name.
    Extension(&'static str),
    Cancel,
    Cleanup,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RouteMethod {
    Get,
    Post,
}

const ROUTES: [(&str, RouteMethod, Route<'static>); 21] = [
    ("/execute", RouteMethod::Post, Route::Execute),
    ("/execute_stream", RouteMethod::Post, Route::ExecuteStream),
    ("/health", RouteMethod::Get, Route::Health),
    ("/ready", RouteMethod::Get, Route::Ready),
    ("/stats", RouteMethod::Get, Route::Stats),
    ("/runs", RouteMethod::Get, Route::Runs),
    ("/progress", RouteMethod::Get, Route::Progress),
    ("/cancel", RouteMethod::Post, Route::Cancel),
    ("/initialize", RouteMethod::Post, Route::Initialize),
    ("/config", RouteMethod::Get, Route::Config),
    ("/config_schema", RouteMethod::Get, Route::ConfigSchema),
    ("/config_options", RouteMethod::Get, Route::ConfigOptions),
    ("/prefetch", RouteMethod::Post, Route::Prefetch),
    ("/cleanup", RouteMethod::Post, Route::Cleanup),
    // What later hosts of Python plugins ask for.
    ("/task", RouteMethod::Post, Route::Extension("task")),
    ("/reconfigure", RouteMethod::Post, Route::Extension("reconfigure")),
    ("/on_disable", RouteMethod::Post, Route::Extension("on_disable")),
    ("/on_enable", RouteMethod::Post, Route::Extension("on_enable")),
    ("/structural_surface", RouteMethod::Get, Route::Extension("structural_surface")),
    ("/get_system_status", RouteMethod::Post, Route::Extension("get_system_status")),
    ("/list_processes", RouteMethod::Post, Route::Extension("list_processes")),
];

impl Route<'_> {
    /// Whether it asks for the state of the worker, which does not count as activity.
    pub(crate) const fn is_about_worker(self) -> bool {
        matches!(self, Self::Health | Self::Ready | Self::Stats)
    }
}

impl RouteMethod {
    fn allows(self, method: &Method) -> bool {
        match self {
            // hyper omits the body of a response to HEAD.
            Self::Get => method == Method::GET || method == Method::HEAD,
            Self::Post => method == Method::POST,
        }
    }

    /// The value of the header `Allow`.
    fn allow_header(self) -> &'static str {
        match self {
            Self::Get => "GET, HEAD",
            Self::Post => "POST",
        }
    }
}

pub(crate) fn find<'p>(method: &Method, path: &'p str) -> Result<Route<'p>, ApiError> {
    let fixed = ROUTES.iter().find(|(known, ..)| *known == path);
    let found = fixed.map(|(_, route_method, route)| (*route_method, *route));
    let found = found.or_else(|| find_run(path));
    let (route_method, route) = found.ok_or(ApiError::NotFound)?;
    if route_method.allows(method) {
        Ok(route)
    } else {
        Err(ApiError::MethodNotAllowed { allow: route_method.allow_header() })
    }
}

/// `/runs/{id}` and `/runs/{id}/cancel`; ids need no percent-encoding.
fn find_run(path: &str) -> Option<(RouteMethod, Route<'_>)> {
    let rest = path.strip_prefix("/runs/")?;
    match rest.split_once('/') {
        None if !rest.is_empty() => Some((RouteMethod::Get, Route::Run(rest))),
        Some((id, "cancel")) if !id.is_empty() => Some((RouteMethod::Post, Route::CancelRun(id))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_allows_only_its_own_methods() {
        assert_eq!(find(&Method::HEAD, "/health").unwrap(), Route::Health);
        assert_eq!(find(&Method::POST, "/execute").unwrap(), Route::Execute);
        assert!(matches!(
            find(&Method::GET, "/execute"),
            Err(ApiError::MethodNotAllowed { allow: "POST" })
        ));
        assert!(matches!(find(&Method::GET, "/health/"), Err(ApiError::NotFound)));
    }

    #[test]
    fn an_extension_has_the_name_of_its_route() {
        for (path, _, route) in ROUTES {
            if let Route::Extension(name) = route {
                assert_eq!(path.strip_prefix('/'), Some(name));
            }
        }
        let found = find(&Method::GET, "/structural_surface").unwrap();
        assert_eq!(found, Route::Extension("structural_surface"));
    }

    #[test]
    fn the_path_names_the_run() {
        assert_eq!(find(&Method::GET, "/runs").unwrap(), Route::Runs);
        assert_eq!(find(&Method::GET, "/runs/a.b-c_1").unwrap(), Route::Run("a.b-c_1"));
        assert_eq!(find(&Method::POST, "/runs/a/cancel").unwrap(), Route::CancelRun("a"));
        assert!(matches!(
            find(&Method::GET, "/runs/a/cancel"),
            Err(ApiError::MethodNotAllowed { allow: "POST" })
        ));
        for unknown in ["/runs/", "/runs//cancel", "/runs/a/", "/runs/a/b", "/runs/a/cancel/"] {
            let found = find(&Method::POST, unknown);
            assert!(matches!(found, Err(ApiError::NotFound)), "{unknown}");
        }
    }
}
