//! The routes of the API, by path and method.

use http::Method;

use crate::api::error::ApiError;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route<'p> {
    Immediate(Immediate<'p>),
    Awaited(Awaited),
}

/// A route that needs no body and no time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Immediate<'p> {
    Health,
    Runs,
    /// The run with this id.
    Run(&'p str),
    Progress,
    ConfigSchema,
    /// The cancel of the run with this id.
    CancelRun(&'p str),
}

/// A route that reads a body, or waits for the plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Awaited {
    Ready,
    Stats,
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

/// Who may send requests to a route when a token is required.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exposure {
    /// Clients with the token.
    Closed,
    /// Everybody.
    Open,
}

/// A route with a fixed path.
struct Row {
    path: &'static str,
    method: RouteMethod,
    route: Route<'static>,
    exposure: Exposure,
}

const ROUTES: [Row; 21] = [
    Row::post("/execute", Route::Awaited(Awaited::Execute)),
    Row::post("/execute_stream", Route::Awaited(Awaited::ExecuteStream)),
    Row::get("/health", Route::Immediate(Immediate::Health)).open(),
    Row::get("/ready", Route::Awaited(Awaited::Ready)).open(),
    Row::get("/stats", Route::Awaited(Awaited::Stats)),
    Row::get("/runs", Route::Immediate(Immediate::Runs)),
    Row::get("/progress", Route::Immediate(Immediate::Progress)),
    Row::post("/cancel", Route::Awaited(Awaited::Cancel)),
    Row::post("/initialize", Route::Awaited(Awaited::Initialize)),
    Row::get("/config", Route::Awaited(Awaited::Config)),
    Row::get("/config_schema", Route::Immediate(Immediate::ConfigSchema)),
    Row::get("/config_options", Route::Awaited(Awaited::ConfigOptions)),
    Row::post("/prefetch", Route::Awaited(Awaited::Prefetch)),
    Row::post("/cleanup", Route::Awaited(Awaited::Cleanup)),
    // What later hosts of Python plugins ask for.
    Row::post("/task", Route::Awaited(Awaited::Extension("task"))),
    Row::post("/reconfigure", Route::Awaited(Awaited::Extension("reconfigure"))),
    Row::post("/on_disable", Route::Awaited(Awaited::Extension("on_disable"))),
    Row::post("/on_enable", Route::Awaited(Awaited::Extension("on_enable"))),
    Row::get("/structural_surface", Route::Awaited(Awaited::Extension("structural_surface"))),
    Row::post("/get_system_status", Route::Awaited(Awaited::Extension("get_system_status"))),
    Row::post("/list_processes", Route::Awaited(Awaited::Extension("list_processes"))),
];

impl Row {
    const fn get(path: &'static str, route: Route<'static>) -> Self {
        Self { path, method: RouteMethod::Get, route, exposure: Exposure::Closed }
    }

    const fn post(path: &'static str, route: Route<'static>) -> Self {
        Self { path, method: RouteMethod::Post, route, exposure: Exposure::Closed }
    }

    const fn open(self) -> Self {
        Self { exposure: Exposure::Open, ..self }
    }
}

impl Route<'_> {
    /// Whether it asks for the state of the worker, which does not count as activity.
    pub(crate) const fn is_about_worker(self) -> bool {
        matches!(
            self,
            Self::Immediate(Immediate::Health) | Self::Awaited(Awaited::Ready | Awaited::Stats)
        )
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

/// A path of each route.
#[cfg(test)]
pub(crate) fn paths() -> impl Iterator<Item = &'static str> {
    ROUTES.iter().map(|row| row.path).chain(["/runs/id", "/runs/id/cancel"])
}

/// Whether a request needs no token.
pub(crate) fn is_open(method: &Method, path: &str) -> bool {
    let is_target = |row: &&Row| row.path == path && row.method.allows(method);
    ROUTES.iter().find(is_target).is_some_and(|row| row.exposure == Exposure::Open)
}

pub(crate) fn find<'p>(method: &Method, path: &'p str) -> Result<Route<'p>, ApiError> {
    let fixed = ROUTES.iter().find(|row| row.path == path);
    let found = fixed.map(|row| (row.method, row.route));
    let found = found.or_else(|| find_run(path));
    let (route_method, route) = found.ok_or_else(|| not_found(method, path))?;
    if route_method.allows(method) {
        Ok(route)
    } else {
        Err(ApiError::MethodNotAllowed { allow: route_method.allow_header() })
    }
}

/// The error of a target that is no route.
fn not_found(method: &Method, path: &str) -> ApiError {
    match path {
        // Forms that belong to one method each, and name the server as a whole (RFC 9112, 3.2).
        "*" if method == Method::OPTIONS => ApiError::MethodNotAllowed { allow: ANY_METHOD },
        "" if method == Method::CONNECT => ApiError::MethodNotAllowed { allow: ANY_METHOD },
        "*" | "" => ApiError::Target,
        _ => ApiError::NotFound,
    }
}

/// The methods of all routes together.
const ANY_METHOD: &str = "GET, HEAD, POST";

/// `/runs/{id}` and `/runs/{id}/cancel`; ids need no percent-encoding.
fn find_run(path: &str) -> Option<(RouteMethod, Route<'_>)> {
    let rest = path.strip_prefix("/runs/")?;
    match rest.split_once('/') {
        None if !rest.is_empty() => {
            Some((RouteMethod::Get, Route::Immediate(Immediate::Run(rest))))
        }
        Some((id, "cancel")) if !id.is_empty() => {
            Some((RouteMethod::Post, Route::Immediate(Immediate::CancelRun(id))))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_allows_only_its_own_methods() {
        assert_eq!(find(&Method::HEAD, "/health").unwrap(), Route::Immediate(Immediate::Health));
        assert_eq!(find(&Method::POST, "/execute").unwrap(), Route::Awaited(Awaited::Execute));
        assert!(matches!(
            find(&Method::GET, "/execute"),
            Err(ApiError::MethodNotAllowed { allow: "POST" })
        ));
        assert!(matches!(find(&Method::GET, "/health/"), Err(ApiError::NotFound)));
    }

    #[test]
    fn an_extension_has_the_name_of_its_route() {
        for Row { path, route, .. } in ROUTES {
            if let Route::Awaited(Awaited::Extension(name)) = route {
                assert_eq!(path.strip_prefix('/'), Some(name));
            }
        }
        let found = find(&Method::GET, "/structural_surface").unwrap();
        assert_eq!(found, Route::Awaited(Awaited::Extension("structural_surface")));
    }

    #[test]
    fn the_path_names_the_run() {
        for (method, path, route) in [
            (Method::GET, "/runs", Immediate::Runs),
            (Method::GET, "/runs/a.b-c_1", Immediate::Run("a.b-c_1")),
            (Method::POST, "/runs/a/cancel", Immediate::CancelRun("a")),
        ] {
            assert_eq!(find(&method, path).unwrap(), Route::Immediate(route));
        }
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
