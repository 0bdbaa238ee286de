"""The methods as ccxt's own messages name them."""

CANCEL_ORDERS = "bingx cancelOrders()"
CANCEL_ORDERS_FOR_SYMBOLS = "bingx cancelOrdersForSymbols()"
CANCEL_ORDER = "bingx cancelOrder()"
CANCEL_ALL_ORDERS = "bingx cancelAllOrders()"
EDIT_ORDER = "bingx editOrder()"
