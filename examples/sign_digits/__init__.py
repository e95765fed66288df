"""Sign language digits: photos whose time and camera are one."""
