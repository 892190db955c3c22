//! The types of the interface, as `abi_stable` compares them.

use std::collections::BTreeMap;

use abi_stable::StableAbi;
use abi_stable::type_layout::{TLData, TLField, TLFunction, TypeLayout};
use universal_worker_abi::PluginRootRef;

use crate::text::{Item, Kind, Member};

/// All types reachable from the root, with those of this crate first.
pub(crate) fn items() -> Vec<Item> {
    let mut found = BTreeMap::new();
    reach(PluginRootRef::LAYOUT, &mut found);
    let items = found.into_values().filter(|layout| is_recorded(layout)).map(item);
    let mut items: Vec<Item> = items.collect();
    let own = |item: &Item| item.name.starts_with("PluginRoot") || item.name.starts_with("Raw");
    items.sort_by_key(|item| (!own(item), item.name.clone()));
    items
}

fn reach(layout: &'static TypeLayout, found: &mut BTreeMap<String, &'static TypeLayout>) {
    if found.insert(name(layout), layout).is_some() {
        return;
    }
    for field in fields(layout) {
        reach(field.layout(), found);
        for function in field.function_range() {
            function.param_type_layouts.iter().for_each(|layout| reach(layout(), found));
            function.return_type_layout().into_iter().for_each(|layout| reach(layout(), found));
        }
    }
    layout.phantom_fields().into_iter().for_each(|field| reach(field.layout(), found));
}

/// Returns whether a type is recorded: not types of std, markers and wrappers.
fn is_recorded(layout: &TypeLayout) -> bool {
    let marks = ["PrefixRef", "UnsafeIgnoredType", "AFunctionPointer"];
    layout.package().as_str() != "std"
        && !marks.contains(&layout.name())
        && !layout.name().ends_with("_Interface")
}

fn item(layout: &'static TypeLayout) -> Item {
    let mut members: Vec<Member> = fields(layout).map(|field| member(&field)).collect();
    let size = format!("size {}, alignment {}", layout.size(), layout.alignment());
    let (kind, facts) = match layout.data() {
        TLData::PrefixType(prefix) => (Kind::Growing, prefix.first_suffix_field.to_string()),
        TLData::Enum(of) => {
            // The fields of all variants have the same names, so their numbers are recorded too.
            let variants = of.variant_names_iter().zip(of.field_count.iter());
            let variants: Vec<String> =
                variants.map(|(name, fields)| format!("{name}({fields})")).collect();
            members.insert(0, Member::new("variants", variants.join(", ")));
            (Kind::Plain, size)
        }
        _ => (Kind::Plain, size),
    };
    let checks = layout.extra_checks().map(|checks| checks.to_string());
    let facts = [Some(facts), checks].into_iter().flatten().collect::<Vec<_>>().join(", ");
    Item { kind, name: name(layout), facts: one_line(&facts), members }
}

fn member(field: &TLField) -> Member {
    let functions: Vec<String> = field.function_range().iter().map(|f| signature(&f)).collect();
    let what = match &functions[..] {
        [] => name(field.layout()),
        [one] if field.is_function() => one.clone(),
        many => format!("{} of {}", name(field.layout()), many.join(", ")),
    };
    Member::new(field.name(), what)
}

fn signature(function: &TLFunction) -> String {
    let params: Vec<String> =
        function.param_type_layouts.iter().map(|layout| name(layout())).collect();
    let result = function
        .return_type_layout()
        .map_or_else(String::new, |layout| format!(" -> {}", name(layout())));
    let lifetimes = format!("{:?}", function.paramret_lifetime_indices.as_slice());
    let lifetimes = lifetimes.split(|c: char| !c.is_alphanumeric() && !"()_".contains(c));
    let lifetimes: String = lifetimes
        .filter(|word| !word.is_empty() && *word != "NONE")
        .map(|word| if word == "ANONYMOUS" { " '_".to_owned() } else { format!(" '{word}") })
        .collect();
    let unsafety = if function.fn_qualifs.is_unsafe() { "unsafe " } else { "" };
    let lifetimes = if lifetimes.is_empty() { lifetimes } else { format!(" with{lifetimes}") };
    format!("{unsafety}fn({}){result}{lifetimes}", params.join(", "))
}

/// The name of a type with its type arguments, which are taken from its fields.
fn name(layout: &'static TypeLayout) -> String {
    let arguments: Vec<String> = match layout.name() {
        "RVec" | "RSlice" | "RBox" | "RArc" | "RRef" | "RMut" => {
            fields(layout).filter(|field| field.name() == "_marker").flat_map(phantoms).collect()
        }
        "PhantomData" | "PrefixRef" => {
            layout.phantom_fields().into_iter().map(|field| name(field.layout())).collect()
        }
        "RResult" | "ROption" | "NonNull" | "ManuallyDrop" | "Option" => {
            fields(layout).map(|field| name(field.layout())).collect()
        }
        "RObject" => fields(layout).map(|field| name(field.layout())).take(2).collect(),
        "VTable" => return vtable(layout),
        "RStr" => return "RStr".to_owned(),
        _ => return one_line(&layout.full_type().to_string()),
    };
    format!("{}<{}>", layout.name(), arguments.join(", "))
}

fn phantoms(field: TLField) -> Vec<String> {
    let marked = field.layout().phantom_fields().into_iter();
    marked.map(|field| name(field.layout())).collect()
}

/// The trait of a vtable, taken from its module because all vtables have the same name.
fn vtable(layout: &'static TypeLayout) -> String {
    let module = layout.mod_path().to_string();
    let module = module.rsplit("::").next().unwrap_or_default();
    module.trim_end_matches("_trait").to_owned()
}

fn fields(layout: &'static TypeLayout) -> impl Iterator<Item = TLField> {
    layout.get_fields().into_iter().flatten()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
