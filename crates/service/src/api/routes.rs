//! The routes of the API, by path and method.

use http::Method;

use crate::api::error::ApiError;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route<'p> {
    Immediate(Immediate<'p>),
    Awaited(Awaited),
    Kept(Kept<&'p str>),
}

/// A route that needs no body and no time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Immediate<'p> {
    Health,
    Live,
    Runs,
    /// The run with this id.
    Run(&'p str),
    Progress,
    ConfigSchema,
    Drain,
    /// The cancel of the run with this id.
    CancelRun(&'p str),
    /// The end of the result of the run with this id.
    DeleteResult(&'p str),
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

/// A route of runs that outlive their caller, which reads a body or waits; most name a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept<Id> {
    Submit,
    Put(Id),
    Result(Id),
    Lines(Id),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RouteMethod {
    Get,
    Post,
    Put,
    Delete,
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

const ROUTES: &[Row] = &[
    Row::post("/execute", Route::Awaited(Awaited::Execute)),
    Row::post("/execute_stream", Route::Awaited(Awaited::ExecuteStream)),
    Row::get("/health", Route::Immediate(Immediate::Health)).open(),
    Row::get("/live", Route::Immediate(Immediate::Live)).open(),
    Row::get("/ready", Route::Awaited(Awaited::Ready)).open(),
    Row::get("/stats", Route::Awaited(Awaited::Stats)),
    Row::get("/runs", Route::Immediate(Immediate::Runs)),
    Row::post("/runs", Route::Kept(Kept::Submit)),
    Row::get("/progress", Route::Immediate(Immediate::Progress)),
    Row::post("/cancel", Route::Awaited(Awaited::Cancel)),
    Row::post("/initialize", Route::Awaited(Awaited::Initialize)),
    Row::get("/config", Route::Awaited(Awaited::Config)),
    Row::get("/config_schema", Route::Immediate(Immediate::ConfigSchema)),
    Row::get("/config_options", Route::Awaited(Awaited::ConfigOptions)),
    Row::post("/prefetch", Route::Awaited(Awaited::Prefetch)),
    Row::post("/cleanup", Route::Awaited(Awaited::Cleanup)),
    Row::post("/drain", Route::Immediate(Immediate::Drain)),
    // What later hosts of Python plugins ask for.
    Row::post("/task", Route::Awaited(Awaited::Extension("task"))),
    Row::post("/reconfigure", Route::Awaited(Awaited::Extension("reconfigure"))),
    Row::post("/on_disable", Route::Awaited(Awaited::Extension("on_disable"))),
    Row::post("/on_enable", Route::Awaited(Awaited::Extension("on_enable"))),
    Row::get("/structural_surface", Route::Awaited(Awaited::Extension("structural_surface"))),
    Row::post("/get_system_status", Route::Awaited(Awaited::Extension("get_system_status"))),
    Row::post("/list_processes", Route::Awaited(Awaited::Extension("list_processes"))),
];

/// A route of one run, by what follows its id in the path.
struct RunRow {
    rest: Option<&'static str>,
    method: RouteMethod,
    route: for<'p> fn(&'p str) -> Route<'p>,
}

const RUN_ROUTES: [RunRow; 6] = [
    RunRow::new(None, RouteMethod::Get, |id| Route::Immediate(Immediate::Run(id))),
    RunRow::new(None, RouteMethod::Put, |id| Route::Kept(Kept::Put(id))),
    RunRow::new(None, RouteMethod::Delete, |id| Route::Immediate(Immediate::DeleteResult(id))),
    RunRow::new(Some("cancel"), RouteMethod::Post, |id| Route::Immediate(Immediate::CancelRun(id))),
    RunRow::new(Some("result"), RouteMethod::Get, |id| Route::Kept(Kept::Result(id))),
    RunRow::new(Some("lines"), RouteMethod::Get, |id| Route::Kept(Kept::Lines(id))),
];

impl RunRow {
    const fn new(
        rest: Option<&'static str>,
        method: RouteMethod,
        route: for<'p> fn(&'p str) -> Route<'p>,
    ) -> Self {
        Self { rest, method, route }
    }
}

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
            Self::Immediate(Immediate::Health | Immediate::Live)
                | Self::Awaited(Awaited::Ready | Awaited::Stats)
        )
    }
}

impl Kept<&str> {
    pub(crate) fn into_owned(self) -> Kept<String> {
        match self {
            Self::Submit => Kept::Submit,
            Self::Put(id) => Kept::Put(id.to_owned()),
            Self::Result(id) => Kept::Result(id.to_owned()),
            Self::Lines(id) => Kept::Lines(id.to_owned()),
        }
    }
}

impl RouteMethod {
    fn allows(self, method: &Method) -> bool {
        match self {
            // hyper omits the body of a response to HEAD.
            Self::Get => method == Method::GET || method == Method::HEAD,
            Self::Post => method == Method::POST,
            Self::Put => method == Method::PUT,
            Self::Delete => method == Method::DELETE,
        }
    }

    /// As the header `Allow` names it.
    fn name(self) -> &'static str {
        match self {
            Self::Get => "GET, HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// A path of each route.
#[cfg(test)]
pub(crate) fn paths() -> impl Iterator<Item = &'static str> {
    let of_runs = ["/runs/id", "/runs/id/cancel", "/runs/id/result", "/runs/id/lines"];
    ROUTES.iter().map(|row| row.path).chain(of_runs)
}

/// Whether a request needs no token.
pub(crate) fn is_open(method: &Method, path: &str) -> bool {
    find_fixed(method, path).is_some_and(|row| row.exposure == Exposure::Open)
}

pub(crate) fn find<'p>(method: &Method, path: &'p str) -> Result<Route<'p>, ApiError> {
    if let Some(row) = find_fixed(method, path) {
        return Ok(row.route);
    }
    let (id, rest) = of_run(path).unzip();
    let of_run = |row: &&RunRow| Some(row.rest) == rest;
    let rows = RUN_ROUTES.iter().filter(of_run);
    if let Some(row) = rows.clone().find(|row| row.method.allows(method)) {
        return id.map(row.route).ok_or(ApiError::NotFound);
    }
    let fixed = ROUTES.iter().filter(|row| row.path == path).map(|row| row.method);
    let allowed: Vec<_> = fixed.chain(rows.map(|row| row.method)).map(RouteMethod::name).collect();
    if allowed.is_empty() {
        return Err(not_found(method, path));
    }
    Err(ApiError::MethodNotAllowed { allow: allowed.join(", ") })
}

fn find_fixed(method: &Method, path: &str) -> Option<&'static Row> {
    ROUTES.iter().find(|row| row.path == path && row.method.allows(method))
}

/// The id in the path of a run, and what follows it; ids need no percent-encoding.
fn of_run(path: &str) -> Option<(&str, Option<&str>)> {
    let rest = path.strip_prefix("/runs/")?;
    let (id, rest) = match rest.split_once('/') {
        None => (rest, None),
        Some((id, rest)) => (id, Some(rest)),
    };
    (!id.is_empty()).then_some((id, rest))
}

/// The error of a target that is no route.
fn not_found(method: &Method, path: &str) -> ApiError {
    match path {
        // Forms that belong to one method each, and name the server as a whole (RFC 9112, 3.2).
        "*" if method == Method::OPTIONS => any_method(),
        "" if method == Method::CONNECT => any_method(),
        "*" | "" => ApiError::Target,
        _ => ApiError::NotFound,
    }
}

/// The error of a target for which the methods of all routes together are allowed.
fn any_method() -> ApiError {
    ApiError::MethodNotAllowed { allow: "GET, HEAD, POST, PUT, DELETE".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_allows_only_its_own_methods() {
        assert_eq!(find(&Method::HEAD, "/health").unwrap(), Route::Immediate(Immediate::Health));
        assert_eq!(find(&Method::POST, "/execute").unwrap(), Route::Awaited(Awaited::Execute));
        for (method, path, allowed) in [
            (Method::GET, "/execute", "POST"),
            (Method::PUT, "/runs", "GET, HEAD, POST"),
            (Method::POST, "/runs/a", "GET, HEAD, PUT, DELETE"),
            (Method::GET, "/runs/a/cancel", "POST"),
            (Method::DELETE, "/runs/a/result", "GET, HEAD"),
            (Method::OPTIONS, "*", "GET, HEAD, POST, PUT, DELETE"),
        ] {
            match find(&method, path) {
                Err(ApiError::MethodNotAllowed { allow }) => assert_eq!(allow, allowed, "{path}"),
                found => panic!("{path}: {found:?}"),
            }
        }
        assert!(matches!(find(&Method::GET, "/health/"), Err(ApiError::NotFound)));
    }

    #[test]
    fn an_extension_has_the_name_of_its_route() {
        for Row { path, route, .. } in ROUTES {
            if let Route::Awaited(Awaited::Extension(name)) = route {
                assert_eq!(path.strip_prefix('/'), Some(*name));
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
            (Method::DELETE, "/runs/a", Immediate::DeleteResult("a")),
        ] {
            assert_eq!(find(&method, path).unwrap(), Route::Immediate(route));
        }
        for (method, path, route) in [
            (Method::POST, "/runs", Kept::Submit),
            (Method::PUT, "/runs/a", Kept::Put("a")),
            (Method::HEAD, "/runs/a/result", Kept::Result("a")),
            (Method::GET, "/runs/a/lines", Kept::Lines("a")),
        ] {
            assert_eq!(find(&method, path).unwrap(), Route::Kept(route));
        }
        for unknown in ["/runs/", "/runs//cancel", "/runs/a/", "/runs/a/b", "/runs/a/cancel/"] {
            let found = find(&Method::POST, unknown);
            assert!(matches!(found, Err(ApiError::NotFound)), "{unknown}");
        }
    }
}
