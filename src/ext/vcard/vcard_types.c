/* The types of vcard_json.h, named as in MongooseIM. */
#include "ext/vcard/vcard_json.h"

static const struct operation_type address_tag = {
	.name = "AddressTags", .values = "home|work|postal|parcel|dom|pref|intl",
};
static const struct operation_type address_tags = {.item = &address_tag};

static const struct operation_type telephone_tag = {
	.name = "TelephoneTags", .values = "home|work|voice|fax|pager|msg|cell|video|bbs|modem|isdn|pcs|pref",
};
static const struct operation_type telephone_tags = {.item = &telephone_tag};

static const struct operation_type email_tag = {
	.name = "EmailTags", .values = "home|work|internet|pref|x400",
};
static const struct operation_type email_tags = {.item = &email_tag};

static const struct operation_type privacy_tag = {
	.name = "PrivacyClassificationTags", .values = "public|private|confidential",
};
static const struct operation_type privacy_tags = {.item = &privacy_tag};

static const struct operation_field name_fields[] = {
	{"family", &operation_type_string, "surname"},
	{"givenName", &operation_type_string, "first name"},
	{"middleName", &operation_type_string, "further names"},
	{"prefix", &operation_type_string, "Dr., say"},
	{"suffix", &operation_type_string, "Jr., say"},
	{0},
};
static const struct operation_type name = {.name = "NameComponents", .fields = name_fields};

static const struct operation_arg name_inputs[] = {
	{"family", OPERATION_STRING, OPERATION_OPTIONAL, NULL, "surname"},
	{"givenName", OPERATION_STRING, OPERATION_OPTIONAL, NULL, "first name"},
	{"middleName", OPERATION_STRING, OPERATION_OPTIONAL, NULL, "further names"},
	{"prefix", OPERATION_STRING, OPERATION_OPTIONAL, NULL, "Dr., say"},
	{"suffix", OPERATION_STRING, OPERATION_OPTIONAL, NULL, "Jr., say"},
	{0},
};
static const struct operation_type name_input = {.name = "NameComponentsInput", .inputs = name_inputs};

static const struct operation_field address_fields[] = {
	{"tags", &address_tags, "what kind it is"},
	{"pobox", &operation_type_string, "post office box"},
	{"extadd", &operation_type_string, "addition to the street"},
	{"street", &operation_type_string, "street and number"},
	{"locality", &operation_type_string, "town"},
	{"region", &operation_type_string, "part of the country"},
	{"pcode", &operation_type_string, "postal code"},
	{"country", &operation_type_string, "country"},
	{0},
};
static const struct operation_type address = {.name = "Address", .fields = address_fields};

static const struct operation_arg address_inputs[] = {
	{"tags", OPERATION_ENUM, OPERATION_OPTIONAL | OPERATION_LIST, &address_tag, "what kind it is"},
	{"pobox", OPERATION_STRING, OPERATION_OPTIONAL, NULL, "post office box"},
	{"extadd", OPERATION_STRING, OPERATION_OPTIONAL, NULL, "addition to the street"},
	{"street", OPERATION_STRING, OPERATION_OPTIONAL, NULL, "street and number"},
	{"locality", OPERATION_STRING, OPERATION_OPTIONAL, NULL, "town"},
	{"region", OPERATION_STRING, OPERATION_OPTIONAL, NULL, "part of the country"},
	{"pcode", OPERATION_STRING, OPERATION_OPTIONAL, NULL, "postal code"},
	{"country", OPERATION_STRING, OPERATION_OPTIONAL, NULL, "country"},
	{0},
};
static const struct operation_type address_input = {.name = "AddressInput", .inputs = address_inputs};

static const struct operation_field label_fields[] = {
	{"tags", &address_tags, "what kind it is"},
	{"line", &operation_type_strings, "line by line"},
	{0},
};
static const struct operation_type label = {.name = "Label", .fields = label_fields};

static const struct operation_arg label_inputs[] = {
	{"tags", OPERATION_ENUM, OPERATION_OPTIONAL | OPERATION_LIST, &address_tag, "what kind it is"},
	{"line", OPERATION_STRING, OPERATION_LIST, NULL, "line by line"},
	{0},
};
static const struct operation_type label_input = {.name = "LabelInput", .inputs = label_inputs};

static const struct operation_field telephone_fields[] = {
	{"tags", &telephone_tags, "what kind it is"},
	{"number", &operation_type_string, "the number"},
	{0},
};
static const struct operation_type telephone = {.name = "Telephone", .fields = telephone_fields};

static const struct operation_arg telephone_inputs[] = {
	{"tags", OPERATION_ENUM, OPERATION_OPTIONAL | OPERATION_LIST, &telephone_tag, "what kind it is"},
	{"number", OPERATION_STRING, 0, NULL, "the number"},
	{0},
};
static const struct operation_type telephone_input = {.name = "TelephoneInput", .inputs = telephone_inputs};

static const struct operation_field email_fields[] = {
	{"tags", &email_tags, "what kind it is"},
	{"userId", &operation_type_string, "the address"},
	{0},
};
static const struct operation_type email = {.name = "Email", .fields = email_fields};

static const struct operation_arg email_inputs[] = {
	{"tags", OPERATION_ENUM, OPERATION_OPTIONAL | OPERATION_LIST, &email_tag, "what kind it is"},
	{"userId", OPERATION_STRING, 0, NULL, "the address"},
	{0},
};
static const struct operation_type email_input = {.name = "EmailInput", .inputs = email_inputs};

static const struct operation_field geo_fields[] = {
	{"lat", &operation_type_string, "degrees north"},
	{"lon", &operation_type_string, "degrees east"},
	{0},
};
static const struct operation_type geo = {.name = "GeographicalPosition", .fields = geo_fields};

static const struct operation_arg geo_inputs[] = {
	{"lat", OPERATION_STRING, 0, NULL, "degrees north"},
	{"lon", OPERATION_STRING, 0, NULL, "degrees east"},
	{0},
};
static const struct operation_type geo_input = {.name = "GeographicalPositionInput", .inputs = geo_inputs};

static const struct operation_field org_fields[] = {
	{"orgname", &operation_type_string, "its name"},
	{"orgunit", &operation_type_strings, "parts of it, the larger first"},
	{0},
};
static const struct operation_type org = {.name = "Organization", .fields = org_fields};

static const struct operation_arg org_inputs[] = {
	{"orgname", OPERATION_STRING, OPERATION_OPTIONAL, NULL, "its name"},
	{"orgunit", OPERATION_STRING, OPERATION_LIST, NULL, "parts of it, the larger first"},
	{0},
};
static const struct operation_type org_input = {.name = "OrganizationInput", .inputs = org_inputs};

static const struct operation_field keyword_fields[] = {
	{"keyword", &operation_type_strings, "words"},
	{0},
};
static const struct operation_type keyword = {.name = "Keyword", .fields = keyword_fields};

static const struct operation_arg keyword_inputs[] = {
	{"keyword", OPERATION_STRING, OPERATION_OPTIONAL | OPERATION_LIST, NULL, "words"},
	{0},
};
static const struct operation_type keyword_input = {.name = "KeywordInput", .inputs = keyword_inputs};

static const struct operation_field privacy_fields[] = {
	{"tags", &privacy_tags, "what kind it is"},
	{0},
};
static const struct operation_type privacy = {.name = "Privacy", .fields = privacy_fields};

static const struct operation_arg privacy_inputs[] = {
	{"tags", OPERATION_ENUM, OPERATION_OPTIONAL | OPERATION_LIST, &privacy_tag, "what kind it is"},
	{0},
};
static const struct operation_type privacy_input = {.name = "PrivacyInput", .inputs = privacy_inputs};

static const struct operation_field key_fields[] = {
	{"type", &operation_type_string, "of the data: image/png, say"},
	{"credential", &operation_type_string, "the key itself"},
	{0},
};
static const struct operation_type key = {.name = "Key", .fields = key_fields};

static const struct operation_arg key_inputs[] = {
	{"type", OPERATION_STRING, OPERATION_OPTIONAL, NULL, "of the data: image/png, say"},
	{"credential", OPERATION_STRING, 0, NULL, "the key itself"},
	{0},
};
static const struct operation_type key_input = {.name = "KeyInput", .inputs = key_inputs};

static const struct operation_field image_data_fields[] = {
	{"type", &operation_type_string, "of the data: image/png, say"},
	{"binValue", &operation_type_string, "the data, in base64"},
	{0},
};
static const struct operation_type image_data = {.name = "ImageData", .fields = image_data_fields};

static const struct operation_field external_fields[] = {
	{"extValue", &operation_type_string, "where it can be found"},
	{0},
};
static const struct operation_type external = {.name = "External", .fields = external_fields};

static const struct operation_field phonetic_fields[] = {
	{"phonetic", &operation_type_string, "as it is spoken"},
	{0},
};
static const struct operation_type phonetic = {.name = "Phonetic", .fields = phonetic_fields};

static const struct operation_field binary_fields[] = {
	{"binValue", &operation_type_string, "the data, in base64"},
	{0},
};
static const struct operation_type binary = {.name = "BinValue", .fields = binary_fields};

static const struct operation_field agent_vcard_fields[] = {
	{"vcard", &vcard_json_type, "another vCard"},
	{0},
};
static const struct operation_type agent_vcard = {.name = "AgentVcard", .fields = agent_vcard_fields};

static const struct operation_arg image_inputs[] = {
	{"type", OPERATION_STRING, OPERATION_OPTIONAL, NULL, "of the data: image/png, say"},
	{"binValue", OPERATION_STRING, OPERATION_OPTIONAL, NULL, "the data, in base64"},
	{"extValue", OPERATION_STRING, OPERATION_OPTIONAL, NULL, "where it can be found"},
	{0},
};
static const struct operation_type image_input = {.name = "ImageInput", .inputs = image_inputs};

static const struct operation_arg sound_inputs[] = {
	{"phonetic", OPERATION_STRING, OPERATION_OPTIONAL, NULL, "as it is spoken"},
	{"binValue", OPERATION_STRING, OPERATION_OPTIONAL, NULL, "the data, in base64"},
	{"extValue", OPERATION_STRING, OPERATION_OPTIONAL, NULL, "where it can be found"},
	{0},
};
static const struct operation_type sound_input = {.name = "SoundInput", .inputs = sound_inputs};

static const struct operation_arg agent_inputs[] = {
	{"extValue", OPERATION_STRING, OPERATION_OPTIONAL, NULL, "where it can be found"},
	{"vcard", OPERATION_INPUT, OPERATION_OPTIONAL, &vcard_json_input, "another vCard"},
	{0},
};
static const struct operation_type agent_input = {.name = "AgentInput", .inputs = agent_inputs};

static const struct operation_type *const image_members[] = {&image_data, &external, NULL};

static const struct operation_type image = {.name = "Image", .members = image_members};

static const struct operation_type *const sound_members[] = {&phonetic, &binary, &external, NULL};

static const struct operation_type sound = {.name = "Sound", .members = sound_members};

static const struct operation_type *const agent_members[] = {&agent_vcard, &external, NULL};

static const struct operation_type agent = {.name = "Agent", .members = agent_members};

static const struct operation_type address_list = {.item = &address};

static const struct operation_type agent_list = {.item = &agent};

static const struct operation_type email_list = {.item = &email};

static const struct operation_type geo_list = {.item = &geo};

static const struct operation_type image_list = {.item = &image};

static const struct operation_type key_list = {.item = &key};

static const struct operation_type keyword_list = {.item = &keyword};

static const struct operation_type label_list = {.item = &label};

static const struct operation_type org_list = {.item = &org};

static const struct operation_type privacy_list = {.item = &privacy};

static const struct operation_type sound_list = {.item = &sound};

static const struct operation_type telephone_list = {.item = &telephone};

static const struct operation_field vcard_fields[] = {
	{"formattedName", &operation_type_string, "the whole name"},
	{"nameComponents", &name, "the name in parts"},
	{"nickname", &operation_type_strings, "what friends say"},
	{"photo", &image_list, "a picture"},
	{"birthday", &operation_type_strings, "the day of birth"},
	{"address", &address_list, "postal addresses"},
	{"label", &label_list, "addresses as on an envelope"},
	{"telephone", &telephone_list, "numbers"},
	{"email", &email_list, "addresses of mail"},
	{"jabberId", &operation_type_strings, "XMPP addresses"},
	{"mailer", &operation_type_strings, "the program for mail"},
	{"timeZone", &operation_type_strings, "where the clock differs"},
	{"geo", &geo_list, "where it is"},
	{"title", &operation_type_strings, "of the job"},
	{"role", &operation_type_strings, "what is done in the job"},
	{"logo", &image_list, "a picture of the company"},
	{"agent", &agent_list, "somebody who acts for the user"},
	{"org", &org_list, "companies"},
	{"categories", &keyword_list, "words to find it by"},
	{"note", &operation_type_strings, "anything else"},
	{"prodId", &operation_type_strings, "the program that made the vCard"},
	{"rev", &operation_type_strings, "when it was changed"},
	{"sortString", &operation_type_strings, "by what it is sorted"},
	{"sound", &sound_list, "how the name sounds"},
	{"uid", &operation_type_strings, "a name of the vCard that nothing else has"},
	{"url", &operation_type_strings, "pages"},
	{"desc", &operation_type_strings, "about the user"},
	{"class", &privacy_list, "who may see it"},
	{"key", &key_list, "public keys"},
	{0},
};
const struct operation_type vcard_json_type = {.name = "Vcard", .fields = vcard_fields};

static const struct operation_arg vcard_inputs[] = {
	{"formattedName", OPERATION_STRING, 0, NULL, "the whole name"},
	{"nameComponents", OPERATION_INPUT, 0, &name_input, "the name in parts"},
	{"nickname", OPERATION_STRING, OPERATION_OPTIONAL | OPERATION_LIST, NULL, "what friends say"},
	{"photo", OPERATION_INPUT, OPERATION_OPTIONAL | OPERATION_LIST, &image_input, "a picture"},
	{"birthday", OPERATION_STRING, OPERATION_OPTIONAL | OPERATION_LIST, NULL, "the day of birth"},
	{"address", OPERATION_INPUT, OPERATION_OPTIONAL | OPERATION_LIST, &address_input, "postal addresses"},
	{"label", OPERATION_INPUT, OPERATION_OPTIONAL | OPERATION_LIST, &label_input, "addresses as on an envelope"},
	{"telephone", OPERATION_INPUT, OPERATION_OPTIONAL | OPERATION_LIST, &telephone_input, "numbers"},
	{"email", OPERATION_INPUT, OPERATION_OPTIONAL | OPERATION_LIST, &email_input, "addresses of mail"},
	{"jabberId", OPERATION_STRING, OPERATION_OPTIONAL | OPERATION_LIST, NULL, "XMPP addresses"},
	{"mailer", OPERATION_STRING, OPERATION_OPTIONAL | OPERATION_LIST, NULL, "the program for mail"},
	{"timeZone", OPERATION_STRING, OPERATION_OPTIONAL | OPERATION_LIST, NULL, "where the clock differs"},
	{"geo", OPERATION_INPUT, OPERATION_OPTIONAL | OPERATION_LIST, &geo_input, "where it is"},
	{"title", OPERATION_STRING, OPERATION_OPTIONAL | OPERATION_LIST, NULL, "of the job"},
	{"role", OPERATION_STRING, OPERATION_OPTIONAL | OPERATION_LIST, NULL, "what is done in the job"},
	{"logo", OPERATION_INPUT, OPERATION_OPTIONAL | OPERATION_LIST, &image_input, "a picture of the company"},
	{"agent", OPERATION_INPUT, OPERATION_OPTIONAL | OPERATION_LIST, &agent_input, "somebody who acts for the user"},
	{"org", OPERATION_INPUT, OPERATION_OPTIONAL | OPERATION_LIST, &org_input, "companies"},
	{"categories", OPERATION_INPUT, OPERATION_OPTIONAL | OPERATION_LIST, &keyword_input, "words to find it by"},
	{"note", OPERATION_STRING, OPERATION_OPTIONAL | OPERATION_LIST, NULL, "anything else"},
	{"prodId", OPERATION_STRING, OPERATION_OPTIONAL | OPERATION_LIST, NULL, "the program that made the vCard"},
	{"rev", OPERATION_STRING, OPERATION_OPTIONAL | OPERATION_LIST, NULL, "when it was changed"},
	{"sortString", OPERATION_STRING, OPERATION_OPTIONAL | OPERATION_LIST, NULL, "by what it is sorted"},
	{"sound", OPERATION_INPUT, OPERATION_OPTIONAL | OPERATION_LIST, &sound_input, "how the name sounds"},
	{"uid", OPERATION_STRING, OPERATION_OPTIONAL | OPERATION_LIST, NULL, "a name of the vCard that nothing else has"},
	{"url", OPERATION_STRING, OPERATION_OPTIONAL | OPERATION_LIST, NULL, "pages"},
	{"desc", OPERATION_STRING, OPERATION_OPTIONAL | OPERATION_LIST, NULL, "about the user"},
	{"class", OPERATION_INPUT, OPERATION_OPTIONAL | OPERATION_LIST, &privacy_input, "who may see it"},
	{"key", OPERATION_INPUT, OPERATION_OPTIONAL | OPERATION_LIST, &key_input, "public keys"},
	{0},
};
const struct operation_type vcard_json_input = {.name = "VcardInput", .inputs = vcard_inputs};
