//! Which path and method is which route.

use http::Method;

use crate::http::error::HttpError;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    Health,
    Stats,
    Progress,
    ConfigSchema,
    Config,
    Initialize,
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

const ROUTES: [(&str, Takes, Route); 10] = [
    ("/execute", Takes::Post, Route::Execute),
    ("/execute_stream", Takes::Post, Route::ExecuteStream),
    ("/health", Takes::Get, Route::Health),
    ("/stats", Takes::Get, Route::Stats),
    ("/progress", Takes::Get, Route::Progress),
    ("/cancel", Takes::Post, Route::Cancel),
    ("/initialize", Takes::Post, Route::Initialize),
    ("/config", Takes::Get, Route::Config),
    ("/config_schema", Takes::Get, Route::ConfigSchema),
    ("/cleanup", Takes::Post, Route::Cleanup),
];

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

pub(crate) fn find(method: &Method, path: &str) -> Result<Route, HttpError> {
    let (_, takes, route) =
        ROUTES.iter().find(|(known, ..)| *known == path).ok_or(HttpError::NotFound)?;
    if takes.method(method) {
        Ok(*route)
    } else {
        Err(HttpError::MethodNotAllowed { allow: takes.allow() })
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
}
