def html(report, lang, at): return ""
