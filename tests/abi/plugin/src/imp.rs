//! An allocator whose blocks cannot be freed by another allocator, because each has a header.
//!
//! A worker that freed such a block with its own allocator would crash.

#![allow(unsafe_code, reason = "an allocator is unsafe")]

use std::alloc::{GlobalAlloc, Layout, System};

#[global_allocator]
static ALLOCATOR: Headed = Headed;

struct Headed;

/// The layout of a block with its header, and the size of the header.
fn headed(layout: Layout) -> Option<(Layout, usize)> {
    let header = layout.align().max(16);
    let size = layout.size().checked_add(header)?;
    Some((Layout::from_size_align(size, header).ok()?, header))
}

// SAFETY: each block is a part of a system block, with the requested alignment.
unsafe impl GlobalAlloc for Headed {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some((layout, header)) = headed(layout) else { return std::ptr::null_mut() };
        // SAFETY: the layout includes the header, so its size is not zero.
        let block = unsafe { System.alloc(layout) };
        if block.is_null() {
            return block;
        }
        // SAFETY: the block is larger than its header.
        unsafe { block.add(header) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if let Some((layout, header)) = headed(layout) {
            // SAFETY: `alloc` allocated it with the same layout and offset.
            unsafe { System.dealloc(pointer.sub(header), layout) }
        }
    }
}
