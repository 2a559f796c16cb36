def missing(system, files, names, *, stock, directories, dangling=None): return ()
