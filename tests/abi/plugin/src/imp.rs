//! An allocator that no other library can free from: each block begins after a header of its own.
//!
//! A worker that freed a block of this plugin by its own allocator would crash at once.

#![allow(unsafe_code, reason = "an allocator")]

use std::alloc::GlobalAlloc;
use std::alloc::Layout;
use std::alloc::System;

#[global_allocator]
static ALLOCATOR: Headed = Headed;

struct Headed;

/// The header, as large as the alignment that the block needs.
fn headed(layout: Layout) -> Option<(Layout, usize)> {
    let header = layout.align().max(16);
    let size = layout.size().checked_add(header)?;
    Some((Layout::from_size_align(size, header).ok()?, header))
}

// SAFETY: each block is part of one of the system's, with the alignment that was asked for.
unsafe impl GlobalAlloc for Headed {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some((layout, header)) = headed(layout) else { return std::ptr::null_mut() };
        // SAFETY: the layout has a header, so that its size is not zero.
        let block = unsafe { System.alloc(layout) };
        if block.is_null() {
            return block;
        }
        // SAFETY: the header is the first part of the block.
        unsafe { block.add(header) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if let Some((layout, header)) = headed(layout) {
            // SAFETY: `alloc` made it from the same layout, and moved it by the same header.
            unsafe { System.dealloc(pointer.sub(header), layout) }
        }
    }
}
