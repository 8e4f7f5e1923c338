demo test check law docs bench ci:
	./gatebook $@
.PHONY: demo test check law docs bench ci
